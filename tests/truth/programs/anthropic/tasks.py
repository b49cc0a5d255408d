"""Tasks and futures: where they start, where their errors are read, and what looks at them."""

import asyncio
import concurrent.futures
from concurrent.futures import ThreadPoolExecutor, as_completed

import anthropic
import anyio

client = anthropic.Anthropic()
aclient = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]
PROMPTS = "once".split()  # which the scan does not evaluate
NO_PLACE = ("ask_in_group_read",)
CODES = {408, 429, 500, 502, 503, 529}
PLACES = {
    "ask_called_back": "on_done",
    "ask_started_again": "Worker.on_done",
    "ask_around_and_inside": ("ask_around_and_inside.ask_one", "ask_around_and_inside"),
    "ask_executor_later": "ask_executor_later.run",
}


def read(prompt=""):
    """Return the events of one answer."""
    return [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]


async def aread(prompt=""):
    """Return the events of one answer."""
    return [e.type async for e in await aclient.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]


async def ask_by_status():
    """Ask again if the status of a task's exception says so."""
    task = asyncio.create_task(aread())
    await asyncio.wait({task})
    error = task.exception()
    if isinstance(error, anthropic.APIStatusError) and error.status_code in CODES:
        return await aread()
    return task.result()


def ask_in_loop():
    """Submit again as long as the exception is one of two."""
    with ThreadPoolExecutor(1) as pool:
        for _ in range(3):
            future = pool.submit(read)
            error = future.exception(timeout=30)
            if error is None:
                return future.result()
            if not isinstance(error, anthropic.APIConnectionError | anthropic.RateLimitError):
                raise error
    raise TimeoutError


def ask_many():
    """Ask again for each future that failed, and wrap other exceptions."""
    results = []
    with ThreadPoolExecutor(1) as pool:
        futures = {pool.submit(read, prompt): prompt for prompt in PROMPTS}
        for future in as_completed(futures):
            error = future.exception()
            if error is None:
                results.append(future.result())
            elif isinstance(error, (anthropic.RateLimitError, anthropic.InternalServerError)):
                results.append(read(futures[future]))
            else:
                raise ValueError("failed") from error
    return results


def ask_those_that_worked():
    """Keep the results of the futures without an exception."""
    with ThreadPoolExecutor(1) as pool:
        done, _ = concurrent.futures.wait([pool.submit(read) for _ in PROMPTS])
        return [future.result() for future in done if future.exception() is None]


async def ask_first_error():
    """Raise the first exception of several tasks, if it is one of the SDK."""
    tasks = [asyncio.create_task(aread(prompt)) for prompt in PROMPTS]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        if task.cancelled():
            return None
        if (error := task.exception()) and isinstance(error, anthropic.APIError):
            raise ConnectionError("failed") from error
    return [task.result() for task in tasks]


def on_done(task):
    """Say that a task failed."""
    if not task.cancelled() and isinstance(task.exception(), anthropic.APIStatusError):
        print(task.exception().status_code)


async def ask_called_back():
    """Have a callback look at the exception, and nothing else."""
    task = asyncio.create_task(aread())
    task.add_done_callback(on_done)
    await asyncio.wait([task])


class Worker:
    """Starts its task again if that failed for a while."""

    def __init__(self):
        self.tries = 0
        self.task = None

    def start(self):
        """Start the task."""
        self.tries += 1
        self.task = asyncio.create_task(aread())
        self.task.add_done_callback(self.on_done)

    def on_done(self, task):
        """Start the task again after some errors."""
        error = task.exception()
        if isinstance(error, anthropic.APIStatusError) and error.status_code in CODES and self.tries < 3:
            self.start()


async def ask_started_again():
    """Run a worker until its task has ended."""
    worker = Worker()
    worker.start()
    while not worker.task.done():
        await asyncio.wait([worker.task])
        await asyncio.sleep(0)
    return worker.tries


def ask_submitted_inside():
    """Have a clause around what only starts a future."""
    with ThreadPoolExecutor(1) as pool:
        try:
            future = pool.submit(read)
        except anthropic.RateLimitError:
            return None
        return future.result()


def ask_submitted_many():
    """Have a clause around what only starts futures, and another one around what reads them."""
    with ThreadPoolExecutor(1) as pool:
        try:
            futures = [pool.submit(read, prompt) for prompt in PROMPTS]
        except anthropic.APIError:
            return None
        try:
            return [future.result() for future in futures]
        except anthropic.InternalServerError as error:
            raise ValueError("failed") from error


async def ask_created_inside():
    """Have a clause around what creates a task, and what waits for it."""
    try:
        task = asyncio.create_task(aread())
        await asyncio.wait([task])
    except anthropic.RateLimitError:
        return None
    return task.result()


async def ask_awaited_again():
    """Await the same task again, which makes no request."""
    task = asyncio.create_task(aread())
    for _ in range(3):
        try:
            return await task
        except anthropic.RateLimitError:
            continue
    return None


async def ask_created_in_loop():
    """Create a task for each attempt."""
    for _ in range(3):
        task = asyncio.create_task(aread())
        try:
            return await task
        except (anthropic.RateLimitError, anthropic.InternalServerError):
            continue
    return None


def ask_completed():
    """Return the first result, unless a limit was reached."""
    with ThreadPoolExecutor(1) as pool:
        futures = [pool.submit(read, prompt) for prompt in PROMPTS]
        try:
            for future in as_completed(futures):
                return future.result()
        except anthropic.RateLimitError:
            return None
    return None


def ask_executor_later():
    """Wait for an executor outside the clause."""

    async def run():
        loop = asyncio.get_running_loop()
        try:
            future = loop.run_in_executor(None, read)
        except anthropic.RateLimitError:
            return None
        return await future

    return asyncio.run(run())


async def ask_in_group():
    """Catch a class around a group of tasks, which raises another one."""
    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(aread())
    except anthropic.RateLimitError:
        return None
    return task.result()


async def ask_in_group_star():
    """Catch what is in a group of exceptions, and read it."""
    text = ""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(aread())
    except* anthropic.RateLimitError:
        text = "limit"
    except* anthropic.APIStatusError as errors:
        for error in errors.exceptions:
            if error.status_code == 529:
                text = "overloaded"
                break
        else:
            raise
    return text


async def ask_in_group_split():
    """Split a group of exceptions."""
    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(aread())
    except ExceptionGroup as errors:
        transient, _ = errors.split((anthropic.RateLimitError, anthropic.InternalServerError))
        if transient is None:
            raise
        return await aread()
    return task.result()


async def ask_in_group_read():
    """Raise the first exception of a group."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(aread(prompt)) for prompt in PROMPTS]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    return [task.result() for task in tasks]


async def ask_in_group_of_anyio():
    """Catch a class around a group of anyio."""
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(aread)
    except anthropic.APIError:
        return None
    return 1


async def ask_in_group_of_anyio_star():
    """Catch what is in a group of anyio."""
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(aread)
    except* (anthropic.RateLimitError, anthropic.APIConnectionError):
        print("failed")
    return 1


async def ask_around_and_inside():
    """Catch inside the task, so that it has no exception."""

    async def ask_one():
        try:
            return await aread()
        except anthropic.RateLimitError:
            return []

    task = asyncio.create_task(ask_one())
    await asyncio.wait([task])
    if task.exception() is not None:
        raise ValueError
    return task.result()

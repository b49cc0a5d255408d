"""Several calls at once: gathered, waited for, in tasks and in threads."""

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor, as_completed

import anthropic

client = anthropic.Anthropic()
aclient = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {"ask_limited": "ask_limited.ask_one", "ask_queue": "ask_queue.produce"}


async def answer():
    """Return the text of one answer."""
    async with aclient.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
        return await stream.get_final_text()


async def read():
    """Return the events of one answer."""
    return [e.type async for e in await aclient.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]


async def ask_gathered_texts():
    """Keep the answers that are no exceptions."""
    answers = await asyncio.gather(answer(), return_exceptions=True)
    return [each for each in answers if not isinstance(each, BaseException)]


async def ask_gathered_again():
    """Ask again for each answer that is a transient error."""
    answers = await asyncio.gather(read(), return_exceptions=True)
    return [
        await read() if isinstance(each, (anthropic.RateLimitError, anthropic.InternalServerError)) else each
        for each in answers
    ]


async def ask_gathered_in_try():
    """Catch what the first of several calls raises."""
    try:
        return await asyncio.gather(read())
    except anthropic.APIStatusError as error:
        return [str(error)]


async def ask_waited():
    """Wait for tasks, and look at their exceptions."""
    done, _ = await asyncio.wait([asyncio.ensure_future(read())])
    results = []
    for task in done:
        error = task.exception()
        if error is None:
            results.append(task.result())
        elif not isinstance(error, anthropic.APIStatusError):
            raise error
    return results


async def ask_as_completed():
    """Catch errors one by one as tasks complete."""
    results = []
    for each in asyncio.as_completed([read()]):
        try:
            results.append(await each)
        except (anthropic.RateLimitError, anthropic.APIConnectionError):
            results.append(None)
    return results


async def ask_limited():
    """Ask under a semaphore, with the clause inside."""
    limit = asyncio.Semaphore(2)

    async def ask_one():
        async with limit:
            for _ in range(2):
                try:
                    return await answer()
                except anthropic.InternalServerError:
                    await asyncio.sleep(1)
            return None

    return await asyncio.gather(ask_one())


def read_in_thread():
    """Return the events of one answer."""
    return [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]


def ask_futures():
    """Catch errors one by one as futures complete."""
    results = []
    with ThreadPoolExecutor(1) as pool:
        for future in as_completed([pool.submit(read_in_thread)]):
            try:
                results.append(future.result())
            except anthropic.APIStatusError:
                results.append([])
    return results


def ask_future_exception():
    """Look at the exception of a future."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(read_in_thread)
    if isinstance(future.exception(), anthropic.RateLimitError):
        return None
    return future.result()


def ask_mapped():
    """Map a function over a pool, with the clause around the loop."""
    with ThreadPoolExecutor(1) as pool:
        try:
            return list(pool.map(lambda _: read_in_thread(), range(1)))
        except anthropic.APIError as error:
            raise ValueError("failed") from error


async def ask_to_thread():
    """Ask in a thread of asyncio."""
    for _ in range(2):
        try:
            return await asyncio.to_thread(read_in_thread)
        except (anthropic.RateLimitError, anthropic.InternalServerError):
            continue
    return None


async def ask_queue():
    """Pass events through a queue, and the error as the last of them."""
    queue = asyncio.Queue()

    async def produce():
        try:
            async for event in await aclient.messages.create(model="m", max_tokens=9, messages=Q, stream=True):
                await queue.put(event.type)
        except anthropic.APIStatusError as error:
            await queue.put(error)
        finally:
            await queue.put(None)

    task = asyncio.create_task(produce())
    items = []
    while (item := await queue.get()) is not None:
        items.append(item)
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return items

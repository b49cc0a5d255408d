"""Queues that run a task again, and circuit breakers, which repeat nothing."""

import anthropic
import circuitbreaker
import dramatiq
import pybreaker
from celery import Celery
from celery.exceptions import Retry
from dramatiq.brokers.stub import StubBroker

client = anthropic.Anthropic()
aclient = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {
    "ask_autoretry": "autoretry",
    "ask_autoretry_but": "autoretry_but",
    "ask_bound": "bound",
    "ask_bound_without_raise": "bound_without_raise",
    "ask_bound_by_status": "bound_by_status",
    "ask_bound_returned": "bound_returned",
    "ask_by_its_name": "by_its_name",
    "ask_until_exceeded": "until_exceeded",
    "ask_own_retry": "Asker.ask",
    "ask_actor": "actor",
    "ask_actor_when": "actor_when",
    "ask_actor_throws": "actor_throws",
    "ask_actor_once": "actor_once",
}
NO_PLACE = ("ask_broken_circuit", "ask_breaker")
app = Celery("app", broker="memory://")
broker = StubBroker()
dramatiq.set_broker(broker)
TRANSIENT = (anthropic.RateLimitError, anthropic.InternalServerError)


def run(task):
    """Run a task here, and again if it says so, as a worker does."""
    try:
        return task.apply(throw=True).get()
    except Retry as again:
        return again.sig.apply().get()


@app.task(autoretry_for=(anthropic.APIStatusError,), max_retries=2, retry_backoff=True)
def autoretry():
    """Run again after an error with a status."""
    return [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]


def ask_autoretry():
    """Run a task here."""
    return run(autoretry)


@app.task(
    autoretry_for=(anthropic.APIError,),
    dont_autoretry_for=(anthropic.BadRequestError, anthropic.AuthenticationError),
    retry_kwargs={"max_retries": 2},
)
def autoretry_but():
    """Run again after any error but two."""
    return [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]


def ask_autoretry_but():
    """Run a task here."""
    return run(autoretry_but)


@app.task(bind=True, max_retries=2)
def bound(self):
    """Run again after a transient error."""
    try:
        return [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]
    except TRANSIENT as error:
        raise self.retry(exc=error, countdown=2)


def ask_bound():
    """Run a task here."""
    return run(bound)


@app.task(bind=True, max_retries=2)
def bound_without_raise(this):
    """Run again after a transient error, by a call that raises."""
    try:
        return [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]
    except TRANSIENT as error:
        this.retry(exc=error)
    return None


def ask_bound_without_raise():
    """Run a task here."""
    return run(bound_without_raise)


@app.task(bind=True, max_retries=2)
def bound_by_status(self):
    """Run again after some statuses, and give up quietly after others."""
    try:
        return [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]
    except anthropic.APIStatusError as error:
        if error.status_code >= 429:
            self.retry(exc=error)
        return None


def ask_bound_by_status():
    """Run a task here."""
    return run(bound_by_status)


@app.task(bind=True, max_retries=2)
def bound_returned(self):
    """Return what raises."""
    try:
        return [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]
    except anthropic.RateLimitError as error:
        return self.retry(exc=error)


def ask_bound_returned():
    """Run a task here."""
    return run(bound_returned)


@app.task(max_retries=2)
def by_its_name():
    """Run again by the name of the task."""
    try:
        return [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]
    except anthropic.APIConnectionError as error:
        raise by_its_name.retry(exc=error)


def ask_by_its_name():
    """Run a task here."""
    return run(by_its_name)


@app.task(bind=True, max_retries=2)
def until_exceeded(self):
    """Return nothing after the last attempt."""
    try:
        return [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]
    except anthropic.APIStatusError:
        try:
            raise self.retry(countdown=1)
        except self.MaxRetriesExceededError:
            return None


def ask_until_exceeded():
    """Run a task here."""
    return run(until_exceeded)


class Asker:
    """Has a method of its own with that name."""

    def retry(self, error):
        """Say that something failed."""
        return str(error)

    def ask(self):
        """Call the method, which repeats nothing."""
        try:
            return [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]
        except TRANSIENT as error:
            return self.retry(error)


def ask_own_retry():
    """Ask by an object."""
    return Asker().ask()


def work(sent):
    """Run an actor here until its message is done."""
    worker = dramatiq.Worker(broker, worker_timeout=10)
    worker.start()
    try:
        sent.send()
        broker.join(sent.queue_name, fail_fast=True)
    finally:
        worker.stop()


@dramatiq.actor(max_retries=2, min_backoff=1, max_backoff=2)
def actor():
    """Run again after any error."""
    list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ask_actor():
    """Send a message to an actor."""
    work(actor)


@dramatiq.actor(
    retry_when=lambda retries, error: retries < 2 and isinstance(error, TRANSIENT), min_backoff=1, max_backoff=2
)
def actor_when():
    """Run again after some errors."""
    list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ask_actor_when():
    """Send a message to an actor."""
    work(actor_when)


@dramatiq.actor(throws=(anthropic.BadRequestError,), max_retries=1, min_backoff=1, max_backoff=2)
def actor_throws():
    """Run again after any error but one."""
    list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ask_actor_throws():
    """Send a message to an actor."""
    work(actor_throws)


@dramatiq.actor(max_retries=0)
def actor_once():
    """Run once."""
    list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ask_actor_once():
    """Send a message to an actor."""
    work(actor_once)


@circuitbreaker.circuit(failure_threshold=5, expected_exception=anthropic.APIError)
def ask_broken_circuit():
    """Count errors of the SDK."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


breaker = pybreaker.CircuitBreaker(fail_max=5, exclude=[anthropic.BadRequestError])


@breaker
def ask_breaker():
    """Count errors but one."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ask_around_breaker():
    """Catch an error that a circuit breaker counted."""
    try:
        return ask_breaker()
    except anthropic.RateLimitError:
        return None
    except pybreaker.CircuitBreakerError as error:
        raise ValueError("open") from error


def read():
    """Read a stream."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


def ask_through_breaker():
    """Call a function by a circuit breaker, and try again."""
    for _ in range(3):
        try:
            return breaker.call(read)
        except TRANSIENT:
            continue
    return None

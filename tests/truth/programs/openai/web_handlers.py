"""Exception handlers and middleware of FastAPI and Starlette, which answer for the routes that fail."""

import asyncio

import openai
from fastapi import FastAPI, Request
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

client = openai.AsyncOpenAI()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {
    "ask_fastapi": "on_status",
    "ask_added": "on_error",
    "ask_starlette": "busy",
    "ask_middleware": "translate",
    "ask_class_middleware": "Translating.__call__",
}
SCOPE = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "method": "GET",
    "scheme": "http",
    "path": "/",
    "raw_path": b"/",
    "query_string": b"",
    "root_path": "",
    "headers": [],
    "client": ("127.0.0.1", 1),
    "server": ("127.0.0.1", 2),
}


async def get(app):
    """Get the root of an application, and return the status of its answer."""
    statuses = []

    async def receive():
        await asyncio.sleep(3600) if statuses else None
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(dict(SCOPE), receive, send)
    return statuses[0]


fastapi = FastAPI()


@fastapi.exception_handler(openai.APIStatusError)
async def on_status(request: Request, error: openai.APIStatusError):
    """Pass the status on."""
    return JSONResponse({"detail": str(error)}, status_code=error.status_code)


@fastapi.get("/")
async def read_by_fastapi():
    """Read a stream in a route of FastAPI."""
    return [e.object async for e in await client.chat.completions.create(model="m", messages=Q, stream=True)]


async def ask_fastapi():
    """Ask a route whose errors a handler answers."""
    return await get(fastapi)


added = FastAPI()


def on_error(request, error):
    """Answer any error of the SDK."""
    return PlainTextResponse("try later", status_code=503)


added.add_exception_handler(openai.APIError, on_error)


@added.get("/")
async def read_by_added():
    """Read a stream in a route of an application with an added handler."""
    async with await client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
        return {"text": [chunk async for chunk in stream]}


async def ask_added():
    """Ask a route whose errors an added handler answers."""
    return await get(added)


async def busy(request, error):
    """Answer a limit."""
    return JSONResponse({"busy": True}, status_code=429)


async def read_by_starlette(request):
    """Read a stream in a route of Starlette."""
    events = [e async for e in await client.chat.completions.create(model="m", messages=Q, stream=True)]
    return PlainTextResponse(str(len(events)))


starlette = Starlette(
    routes=[Route("/", read_by_starlette)],
    exception_handlers={openai.RateLimitError: busy, openai.InternalServerError: busy},
)


async def ask_starlette():
    """Ask a route of an application that is made with handlers."""
    return await get(starlette)


wrapped = FastAPI()


@wrapped.middleware("http")
async def translate(request, call_next):
    """Answer 502 for an error with a status."""
    try:
        return await call_next(request)
    except openai.APIStatusError:
        return PlainTextResponse("upstream", status_code=502)


@wrapped.get("/")
async def read_by_wrapped():
    """Read a stream in a route inside a middleware."""
    async with await client.chat.completions.create(model="m", messages=Q, stream=True) as stream:
        return [text async for text in stream]


async def ask_middleware():
    """Ask a route inside a middleware."""
    return await get(wrapped)


class Translating:
    """A middleware that raises an error of the project."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        """Raise an error of the project for one of the SDK."""
        try:
            await self.app(scope, receive, send)
        except openai.APIError as error:
            raise ConnectionError("upstream") from error


plain = FastAPI()
plain.add_middleware(Translating)


@plain.get("/")
async def read_by_plain():
    """Read a stream in a route inside a middleware that is a class."""
    return [e.object async for e in await client.chat.completions.create(model="m", messages=Q, stream=True)]


async def ask_class_middleware():
    """Ask a route inside a middleware that is a class."""
    return await get(plain)

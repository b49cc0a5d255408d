"""Handlers of errors of Flask: by class, of which the nearest one answers, and for every exception."""

import anthropic
from flask import Blueprint, Flask, jsonify

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {
    "ask_nearest": ("on_limit", "on_error"),
    "ask_every": "on_every",
    "ask_blueprint": "on_status",
}


def get(app):
    """Get the root of an application, which lets errors pass that nothing handles."""
    app.config["PROPAGATE_EXCEPTIONS"] = True
    return app.test_client().get("/").status_code


nearest = Flask("nearest")


@nearest.errorhandler(anthropic.APIError)
def on_error(error):
    """Raise an error of the project."""
    raise ConnectionError("upstream") from error


@nearest.errorhandler(anthropic.RateLimitError)
def on_limit(error):
    """Answer a limit."""
    return jsonify(busy=True), 429


@nearest.route("/")
def read_nearest():
    """Read a stream in a route."""
    return [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]


def ask_nearest():
    """Ask a route of an application with two handlers."""
    return get(nearest)


every = Flask("every")


@every.errorhandler(Exception)
def on_every(error):
    """Answer some errors of the SDK, and raise the others."""
    if isinstance(error, (anthropic.RateLimitError, anthropic.InternalServerError)):
        return jsonify(busy=True), 503
    if isinstance(error, anthropic.APIStatusError) and error.status_code >= 400:
        return jsonify(error="failed"), 502
    raise error


@every.route("/")
def read_every():
    """Read a stream in a route."""
    with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
        return stream.get_final_text()


def ask_every():
    """Ask a route of an application with a handler of every exception."""
    return get(every)


blueprint = Blueprint("blueprint", __name__)


@blueprint.app_errorhandler(anthropic.APIStatusError)
def on_status(error):
    """Answer an error with a status."""
    return {"failed": True}, 502


@blueprint.route("/")
def read_blueprint():
    """Read a stream in a route of a blueprint."""
    return [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]


def ask_blueprint():
    """Ask a route of an application with a blueprint."""
    app = Flask("blueprint")
    app.register_blueprint(blueprint)
    return get(app)

"""Tests of the built site in browsers, validators and readers."""

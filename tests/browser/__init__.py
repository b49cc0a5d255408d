"""The built site, as browsers, validators and whoever follows its links have it."""

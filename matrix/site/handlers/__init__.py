"""The pages about handlers: their code, their outcomes on every release, and the change that mends them."""

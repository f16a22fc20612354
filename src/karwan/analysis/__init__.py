"""One question a file: from a case, a store and the models to a result."""

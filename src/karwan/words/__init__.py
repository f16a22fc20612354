"""Every sentence, by key and language: English in the modules of this package, other languages as catalogues under `locale/`."""

from karwan.words.message import CONTEXT_LANGUAGE, say, say_facts, sentences

__all__ = ["CONTEXT_LANGUAGE", "say", "say_facts", "sentences"]

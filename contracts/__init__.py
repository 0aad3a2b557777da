"""What crosses a boundary of Palier, and nothing else: messages, topics, schemas, examples, glossary."""

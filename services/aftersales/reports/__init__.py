"""How after-sales did: figures by residence and month."""

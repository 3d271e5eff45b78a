"""WebSockets beside the pages: an echo, and a feed that everyone hears. Plain ASGI; runs under uvicorn."""

"""The bundled target: a small Django system to make traffic for, and knows nothing of what makes it.

    presentation    pages and JSON over HTTP: holds no data of its own
    inventory       items and their stock            payments    orders, and the provider that is paid through
    users, images, comments                          the data that pages are made of

Each app is reached through its ``interface`` module alone: plain functions that take and return plain values, as remote
calls would. ``python -m target_app seed`` makes the data; ``target_app.wsgi:application`` serves it.
"""

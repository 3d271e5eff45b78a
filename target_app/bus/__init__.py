"""The bus: Channels over Redis, by which servers call each other and put work off that nobody waits for.

    layer.py     the channel layer
    link.py      this process's place on the bus: asks other services, tells them, hears the replies
    worker.py    takes what is for this server's service off the bus, a slot for each
    counts.py    what was sent, taken and lost, as this process saw it, told to whoever asks Redis

Every service has a queue of calls and one of jobs, from which its servers take what they have slots for. A queue is
bounded: what it has no room for is refused at once. Nothing is sent twice, and no call is waited for beyond its
deadline.
"""

FROM_BUS = "target_app.from_bus"
"""In the environment of a request that came over the bus: nobody from outside can put it there."""

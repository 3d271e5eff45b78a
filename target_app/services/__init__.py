"""How the apps call each other: in this process, or over HTTP or a bus where other servers run the app that is called.

    operation.py    one function of an interface as a value, a call of it, and both in JSON
    exposed.py      the decorator of interface functions
    gather.py       performs calls: serial, parallel or batched, here or elsewhere: the one place that decides
    present.py      the request that this thread is serving, as calls that go elsewhere must know it
    http.py, bus.py the ways to other services        endpoint.py     the way in from them
    answer.py       what comes back

An interface function is written once and called in one way; ``LOADSIM_TARGET_REMOTE`` says which apps run elsewhere.
"""

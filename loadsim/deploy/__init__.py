"""The bundled target's processes: which, where, up and down again. Needs nothing of Django, gevent or Locust."""

from loadsim.deploy.balancer import Sent
from loadsim.deploy.bus import BusCounts
from loadsim.deploy.deployment import Deployment, bring_up
from loadsim.deploy.topology import POLICIES, TOPOLOGIES, Topology, topology
from loadsim.deploy.usage import ProcessUsage

__all__ = [
    "POLICIES",
    "TOPOLOGIES",
    "BusCounts",
    "Deployment",
    "ProcessUsage",
    "Sent",
    "Topology",
    "bring_up",
    "topology",
]

"""``--rounds auto``: when to look, and which level each look may use up.

Looking after every few rounds and stopping at the first significant one finds an effect where there is none in far
more than 5 % of cases (Armitage, McPherson and Rowe, JRSS A 1969: 14 % of five looks). So the looks are fixed before
the first round, and the 5 % are divided among them: each test and each interval of a look is made at that look's
share, and whatever made the rounds stop, the chance that *any* look rejected wrongly, or that any look's interval
missed, is at most the sum. That is Bonferroni's inequality and needs nothing else: not normal noise, not independent
rounds, and the rounds may be stopped for any reason. Boundaries from the joint distribution of the looks (Pocock 1977,
O'Brien and Fleming 1979) want some 15 % fewer rounds, but hold for normal noise only; the sign flips do not need that,
and their looks should not either.

Each look has half as many rounds again as the one before, so that there are five at most.
"""

from __future__ import annotations

from loadsim.compare.sign_flips import least_rounds

LEVEL = 0.05
MOST_LOOKS = 5
MAX_ROUNDS = 40
"""Unless ``--max-rounds`` says another number."""
_GROWTH = 1.5


def looks(max_rounds: int) -> tuple[int, ...]:
    """Return after how many rounds to look, the last one being ``max_rounds``: ``40 -> (8, 12, 18, 27, 40)``."""
    for number in range(MOST_LOOKS, 1, -1):
        rounds = [round(max_rounds / _GROWTH**back) for back in range(number - 1, -1, -1)]
        if rounds[0] >= least_rounds(LEVEL / number):
            return tuple(rounds)
    return (max_rounds,)


def level_of_look(all_looks: tuple[int, ...]) -> float:
    """Return the level of each of these looks."""
    return LEVEL / len(all_looks)

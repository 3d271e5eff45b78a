"""The data that new databases hold. All of it follows from the seed and the sizes in :mod:`target_app.config`."""

from __future__ import annotations

import datetime
import io
import random

from django.core.management import call_command
from django.db import connections
from PIL import Image as Pillow

from target_app import placement
from target_app.comments.models import Comment
from target_app.config import Config
from target_app.images.models import Image
from target_app.inventory.models import Item, Stock
from target_app.users.models import User

_COLOURS = ("Amber", "Blue", "Coral", "Dark", "Emerald", "Faded", "Green", "Indigo", "Ivory", "Plain", "Red", "Silver")
_THINGS = (
    "Bottle",
    "Chair",
    "Desk",
    "Flute",
    "Glove",
    "Hammer",
    "Kettle",
    "Lamp",
    "Mirror",
    "Pillow",
    "Radio",
    "Scarf",
)
_CATEGORIES = ("garden", "kitchen", "music", "office", "sport", "workshop")
_NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana", "Ivo", "Jun", "Kai", "Lea", "Max", "Nia", "Otto")
_CITIES = (
    "Accra",
    "Bergen",
    "Cusco",
    "Delhi",
    "Essen",
    "Fukuoka",
    "Galway",
    "Hobart",
    "Izmir",
    "Jaipur",
    "Kyiv",
    "Lima",
)
_WORDS = (
    *("a", "and", "but", "for", "good", "in", "it", "light", "long", "made", "not", "of", "old", "one"),
    *("quite", "small", "so", "strong", "that", "the", "this", "very", "was"),
)
_FIRST_DAY = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)
_BATCH = 2_000
PICTURE_PIXELS = 160


def seed(config: Config) -> None:
    """Make the tables and fill them; the databases must be new."""
    for name in placement.primaries(config):
        call_command("migrate", database=name, verbosity=0, interactive=False)
    draw = random.Random(config.seed)  # noqa: S311 - data, not a secret
    items = [_item(number, draw) for number in range(1, config.items + 1)]
    users = [_user(number, draw) for number in range(1, config.users + 1)]
    comments = [_comment(number, config, draw) for number in range(1, config.comments + 1)]
    Item.objects.bulk_create(items, _BATCH)
    Stock.objects.bulk_create([_stock(item.pk, config) for item in items], _BATCH)
    User.objects.bulk_create(users, _BATCH)
    Image.objects.bulk_create([_image(number, draw) for number in range(1, config.items + 1)], _BATCH)
    for number, name in enumerate(placement.homes(config, "comments"), start=1):
        here = [each for each in comments if placement.place(config, "comments", "write", each.item_id) == name]
        Comment.objects.using(name).bulk_create(here, _BATCH)
        _number_on(config, name, config.comments + number)


def _number_on(config: Config, name: str, first: int) -> None:
    """Let the comments to come in this database be numbered from ``first`` on, so that no two of any database clash."""
    connection = connections[name]
    if connection.vendor == "postgresql":  # SQLite goes on after the last one by itself
        step, table = len(placement.homes(config, "comments")), connection.ops.quote_name(Comment._meta.db_table)  # noqa: SLF001
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} ALTER COLUMN id SET INCREMENT BY {step} RESTART WITH {first}")


def _sentence(draw: random.Random, words: int) -> str:
    return " ".join(draw.choices(_WORDS, k=words)).capitalize() + "."


def _item(number: int, draw: random.Random) -> Item:
    return Item(
        pk=number,
        name=f"{draw.choice(_COLOURS)} {draw.choice(_THINGS)} {number}",
        category=draw.choice(_CATEGORIES),
        price_cents=draw.randrange(99, 20_000),
        description=" ".join(_sentence(draw, 12) for _ in range(4)),
    )


def _stock(number: int, config: Config) -> Stock:
    is_scarce = number > config.items - config.scarce_items
    return Stock(item_id=number, available=config.scarce_stock if is_scarce else config.stock)


def _user(number: int, draw: random.Random) -> User:
    name = draw.choice(_NAMES)
    return User(pk=number, name=name, email=f"{name.lower()}.{number}@example.org", city=draw.choice(_CITIES))


def _comment(number: int, config: Config, draw: random.Random) -> Comment:
    return Comment(
        pk=number,
        item_id=draw.randint(1, config.items),
        user_id=draw.randint(1, config.users),
        text=_sentence(draw, draw.randint(5, 25)),
        written_at=_FIRST_DAY + datetime.timedelta(minutes=number),
    )


def _image(number: int, draw: random.Random) -> Image:
    """Draw a picture with enough in it that resizing and compressing it are real work."""
    noise = Pillow.frombytes("RGB", (8, 8), draw.randbytes(8 * 8 * 3))
    picture = noise.resize((PICTURE_PIXELS, PICTURE_PIXELS), Pillow.Resampling.BICUBIC)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return Image(pk=number, width=PICTURE_PIXELS, height=PICTURE_PIXELS, jpeg=out.getvalue())

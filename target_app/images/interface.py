"""What the images' app does for others: tells what picture an item has, and makes thumbnails of it."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image as Pillow

from target_app.errors import BadInput, NotFound
from target_app.images import models
from target_app.services.exposed import exposed
from target_app.timing import span

SMALLEST, LARGEST = 8, 256


@dataclass(frozen=True, slots=True)
class Image:
    """What is known of a picture without its pixels."""

    id: int
    width: int
    height: int


@exposed
def image(image_id: int) -> Image:
    """Return the picture's measures; raise NotFound."""
    row = models.Image.objects.filter(pk=image_id).values_list("pk", "width", "height").first()
    if row is None:
        raise NotFound(f"no image {image_id}")
    return Image(*row)


@exposed
def thumbnail(image_id: int, size: int) -> bytes:
    """Return a PNG of at most ``size`` pixels a side, made anew each time; raise BadInput or NotFound."""
    if not SMALLEST <= size <= LARGEST:
        raise BadInput(f"size={size}: expected {SMALLEST} to {LARGEST} pixels")
    jpeg = models.Image.objects.filter(pk=image_id).values_list("jpeg", flat=True).first()
    if jpeg is None:
        raise NotFound(f"no image {image_id}")
    with span("image"), Pillow.open(io.BytesIO(jpeg)) as picture:
        picture.thumbnail((size, size))
        out = io.BytesIO()
        picture.save(out, "PNG")
        return out.getvalue()

"""The world of the sandbox: its parties, schools and municipalities, calendar and pupils."""

from exchange.sandbox.world.calendar import LessonCalendar
from exchange.sandbox.world.places import Participant, World, read_world

__all__ = ["LessonCalendar", "Participant", "World", "read_world"]

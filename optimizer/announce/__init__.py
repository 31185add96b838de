"""Telling people that a plan changed: by e-mail or by webhook. Secrets come from the environment and stay there."""

from optimizer.announce.announcement import AnnounceError, Announcement
from optimizer.announce.channel import Channel, channels

__all__ = ["AnnounceError", "Announcement", "Channel", "channels"]

"""An independent client of ALSA's sequencer that records; the kernel tells it when."""

import time
from contextlib import suppress

import alsa_midi
from alsa_midi.client import SequencerClientBase

NOTE_OFF, NOTE_ON, CONTROL = 0x80, 0x90, 0xB0


class AlsaRecorder:
    """A client with an input port, and a queue of its own to stamp what comes.

    Given `queue_id`, that queue's time is taken instead: that of a backend under test.
    """

    def __init__(self, queue_id=None):
        self.client = SequencerClientBase("recorder")
        self.client.set_client_pool_input(2000)
        self._queue = self.client.create_queue()
        self._queue.start()
        self.client.drain_output()
        self.port = self.client.create_port(
            "in",
            alsa_midi.WRITE_PORT,
            timestamping=True,
            timestamp_real=True,
            timestamp_queue=self._queue if queue_id is None else queue_id,
        )
        self._got = []

    def connect(self, name, patience_sec=20.0):
        """To the output port of client `name` as soon as it is there."""

        def connected():
            for port in self.client.list_ports(input=True):
                if port.client_name == name:
                    self.port.connect_from(port)
                    return True
            return False

        self.wait_for(connected, patience_sec)

    def listeners(self, name):
        """How many are connected to the output port of client `name`."""
        ports = [port for port in self.client.list_ports(input=True) if port.client_name == name]
        return sum(len(self.client.list_port_subscribers(port)) for port in ports)

    @property
    def got(self):
        """[(seconds, message)] so far."""
        with suppress(alsa_midi.ALSAError):  # until there is nothing more
            while True:
                event = self.client.event_input(prefer_bytes=True)
                if isinstance(event, alsa_midi.MidiBytesEvent):
                    self._got.append((float(event.time), event.midi_bytes))
        return self._got

    def wait_for(self, condition, patience_sec=20.0):
        """Until `condition()` holds."""
        until = time.monotonic() + patience_sec
        while not condition():
            assert time.monotonic() < until, "it did not come to pass"
            time.sleep(0.01)

    def close(self):
        """End the client."""
        self.client.close()


def sounding(messages):
    """(channel, pitch) of what still sounds after `messages`, [(seconds, message)]."""
    now = set()
    for _, message in messages:
        place = (message[0] & 15, message[1]) if len(message) > 1 else None
        if message[0] & 0xF0 == NOTE_ON:
            now.add(place)
        elif message[0] & 0xF0 == NOTE_OFF:
            now.discard(place)
    return now

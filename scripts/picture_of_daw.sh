#!/usr/bin/env bash
# docs/ardour.png: Ardour records a stream, slaved to JACK's transport, and shows the take.
#
#   scripts/picture_of_daw.sh [PICTURE.png]
#
# Besides scripts/install_live_parts.sh: apt-get install xvfb xdotool imagemagick
set -euo pipefail
cd "$(dirname "$0")/.."
picture=$(realpath "${1:-docs/ardour.png}")
work=$(mktemp -d)
export JACK_DEFAULT_SERVER=musicgan-picture JACK_NO_AUDIO_RESERVATION=1 PYTHONPATH=tests:.
started=()
finish() {
    for ((at = ${#started[@]} - 1; at >= 0; at--)); do
        kill "${started[at]}" 2>/dev/null || true
        wait "${started[at]}" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT

python - "$work" <<'PY' 2>"$work/jack.log"
import shutil, subprocess, sys
from functools import partial
from pathlib import Path

import jack
from live.ardour import recording
from live.conftest import start_jackd

STREAM = "-m musicgan stream --port choir --bars 8 --tempo 120 --seed 3 --clock jack"
work = Path(sys.argv[1])
with recording(partial(start_jackd, "musicgan-picture"), work, "slaved") as daw:
    stream = subprocess.Popen([sys.executable, *STREAM.split()])
    with jack.Client("transport", no_start_server=True) as transport:
        transport.transport_start()
        stream.wait()
    print(len(daw.take()), "notes were recorded")
    shutil.copytree(daw.session, work / "shown")
PY

# Ardour asks less of somebody who has been here before.
export HOME=$work/home DISPLAY=:$((RANDOM % 900 + 100))
mkdir -p "$HOME/.config/ardour7"
touch "$HOME/.config/ardour7/.a7"
Xvfb "$DISPLAY" -screen 0 1280x800x24 >/dev/null 2>&1 &
started+=($!)
jackd -n "$JACK_DEFAULT_SERVER" -r -d dummy -r 48000 -p 1024 >/dev/null 2>&1 &
started+=($!)
sleep 3
ardour --no-splash --no-announcements "$work/shown/session.ardour" >"$work/ardour.log" 2>&1 &
started+=($!)
sleep 10
# In "Audio/MIDI Setup": the second audio system, which is JACK, and "Connect to JACK".
xdotool mousemove 648 259 click 1 sleep 1 key Down sleep 1 key Return sleep 2
xdotool mousemove 926 559 click 1 sleep 12
# The whole session from side to side, and the selected track from top to bottom.
xdotool mousemove 640 600 key alt+shift+underscore sleep 2
xdotool mousemove 40 343 click 1 sleep 1 key f sleep 3
# Twice on the little keyboard: all pitches of the take.
xdotool mousemove 222 445 click --repeat 2 --delay 80 1 sleep 2 mousemove 640 790 sleep 1
import -window root "$work/screen.png"
convert "$work/screen.png" -crop 1280x713+0+0 +repage -dither None -colors 48 -strip "PNG8:$picture"
ls -l "$picture"

#!/usr/bin/env bash
# The real parts that the tests of playing live run against, on Debian and its kin; as root.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -y -q --no-install-recommends jackd2 fluidsynth timgm6mb-soundfont ardour \
    faketime chromium

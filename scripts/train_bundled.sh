#!/usr/bin/env bash
# The recipe of the bundled models, on the CPU, one thread each.
#   scripts/train_bundled.sh chorale OUT              (its MIDI is made from music21's corpus)
#   scripts/train_bundled.sh lieder OUT MIDI_FOLDER   (OpenScore Lieder as MIDI, CC0)
set -euo pipefail
cd "$(dirname "$0")/.."
style=$1 out=$2
export OMP_NUM_THREADS=1
case $style in
chorale)
    folder=${3:-build/chorales}
    [ -d "$folder" ] || python scripts/make_midi_data.py --set chorales --out "$folder"
    python -m musicgan train "$folder" --out "$out" --from none --name chorale --dropout 0.4 --hidden 384 \
        --voice Soprano:52 --voice Alto:52 --voice Tenor:52 --voice Bass:52 \
        --licence "music in the public domain; encodings from the music21 corpus"
    ;;
lieder)
    python -m musicgan train "$3" --out "$out" --from none --name lieder --dropout 0.45 --hidden 384 \
        --voice Voice:53 --voice "Piano right hand:0" --voice "Piano left hand:0" \
        --licence "CC0 1.0 (OpenScore Lieder)"
    ;;
*)
    echo "usage: $0 chorale|lieder OUT [MIDI_FOLDER]" >&2
    exit 2
    ;;
esac

#!/usr/bin/env bash
# The recipe of the bundled models, on the CPU, one thread each.
#   scripts/train_bundled.sh chorale OUT              (its MIDI is made from music21's corpus)
#   scripts/train_bundled.sh fiddle OUT               (as well)
#   scripts/train_bundled.sh lieder OUT MIDI_FOLDER   (OpenScore Lieder as MIDI, CC0)
#   scripts/train_bundled.sh drums OUT MIDI_FOLDER    (Groove MIDI Dataset, its training part)
#   scripts/train_bundled.sh band OUT MIDI_FOLDER     (the music of Freedoom as MIDI)
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
fiddle)
    folder=${3:-build/ryans}
    [ -d "$folder" ] || python scripts/make_midi_data.py --set ryans --out "$folder"
    python -m musicgan train "$folder" --out "$out" --from none --name fiddle --dropout 0.4 --hidden 256 \
        --voice Fiddle:40 \
        --licence "public-domain tunes (printed 1883); transcriptions from the music21 corpus"
    ;;
drums)
    python -m musicgan train "$3" --out "$out" --from none --name drums --dropout 0.4 --hidden 256 \
        --grid 24 --licence "CC BY 4.0 (Groove MIDI Dataset, Google LLC)"
    ;;
band)
    # Few pieces: what lieder know of notes brings .2 nats a note.
    python -m musicgan train "$3" --out "$out" --from lieder --name band --dropout 0.4 \
        --licence "BSD-3-Clause (Freedoom)"
    ;;
lieder)
    python -m musicgan train "$3" --out "$out" --from none --name lieder --dropout 0.45 --hidden 384 \
        --voice Voice:53 --voice "Piano right hand:0" --voice "Piano left hand:0" \
        --licence "CC0 1.0 (OpenScore Lieder)"
    ;;
*)
    echo "usage: $0 chorale|lieder|fiddle|drums|band OUT [MIDI_FOLDER]" >&2
    exit 2
    ;;
esac

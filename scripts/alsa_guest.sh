#!/usr/bin/env bash
# Proves the ALSA backend on a real ALSA sequencer, in an emulated guest: see docs/alsa-guest.md.
#
#   scripts/alsa_guest.sh              exit code 0 when the tests and the proof pass
#   KERNEL_DEB=FILE scripts/alsa_guest.sh    with a kernel package that is there already
#
# For Debian 12 and its kin on amd64; needs the packages
#   qemu-system-x86 busybox-static cpio kmod alsa-utils
# and, first on the path, a python with musicgan's `alsa` and `test` extras. The kernel is Debian's
# own: its package is downloaded and unpacked, never installed. Nothing is written but a temporary
# folder, which is removed at the end: the guest sees this system's files read-only, under an
# overlay in its own memory.
set -euo pipefail
repo=$(cd "$(dirname "$0")/.." && pwd)
limit_sec=900

# What runs in the guest, once its kernel is up.
inside() {
    cd "$repo"
    export PYTHONPATH=$repo PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 HOME=/tmp
    local failed=0
    echo "== the tests that need a sequencer"
    python -m pytest -q --color=no -p no:cacheprovider -rs tests/live/test_alsa.py || failed=1
    echo "== the proof"
    python scripts/alsa_guest_proof.py || failed=1
    return $failed
}
if [ "${1:-}" = --inside ]; then
    inside
    exit
fi

for tool in qemu-system-x86_64 busybox cpio depmod arecordmidi; do
    command -v "$tool" >/dev/null || {
        echo "$tool is missing: apt-get install qemu-system-x86 busybox-static cpio kmod alsa-utils" >&2
        exit 2
    }
done
python=$(command -v python) && python -c "import alsa_midi, mido, pytest" || {
    echo "the python on the path lacks parts: pip install -e '.[alsa,test]'" >&2
    exit 2
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/kernel" "$work/initrd"

# The kernel and its modules.
if [ -z "${KERNEL_DEB:-}" ]; then
    # apt, too, is to keep its caches to itself.
    options=(-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
    package=$(apt-cache "${options[@]}" depends linux-image-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
    echo "downloading $package"
    (cd "$work" && apt-get -qq "${options[@]}" download "$package")
    KERNEL_DEB=$(ls "$work"/linux-image-*.deb)
fi
dpkg -x "$KERNEL_DEB" "$work/kernel"
version=$(ls "$work/kernel/lib/modules")
depmod -b "$work/kernel" "$version"

# The initrd: busybox, the modules in the order in which they are loaded, and what to do.
cd "$work/initrd"
mkdir bin modules proc sys dev host over root
cp "$(command -v busybox)" bin/busybox
for module in virtio_pci 9pnet_virtio 9p overlay snd-hrtimer snd-seq snd-seq-dummy; do
    modprobe -d "$work/kernel" -S "$version" --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
    cp "$file" modules/
    echo "/modules/${file##*/}" >>modules/order
done
cat >init <<END
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
while read -r module; do insmod "\$module"; done </modules/order
mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=1048576 host /host
mount -t tmpfs tmpfs /over
mkdir /over/upper /over/work
mount -t overlay -o lowerdir=/host,upperdir=/over/upper,workdir=/over/work overlay /root
for place in proc sys dev; do mount --bind /\$place /root/\$place; done
mkdir -p /dev/shm
mount -t tmpfs tmpfs /dev/shm
ifconfig lo 127.0.0.1 up
PATH=$(dirname "$python"):/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin \
    chroot /root /bin/bash "$repo/scripts/alsa_guest.sh" --inside
echo "guest: exit code \$?"
poweroff -f
END
chmod +x init
find . | cpio --quiet -o -H newc | gzip -1 >"$work/initrd.gz"

# Emulated, for a virtual machine or a container seldom has KVM. Its clock counts instructions, one
# a ns, and skips what it sleeps: how busy this machine is makes it slower, not less exact.
timeout "$limit_sec" qemu-system-x86_64 -accel tcg -icount shift=0,sleep=off -cpu max -smp 1 -m 2048 \
    -kernel "$work/kernel/boot/vmlinuz-$version" -initrd "$work/initrd.gz" \
    -append "console=ttyS0 quiet panic=-1" \
    -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
    -nic none -display none -monitor none -serial stdio -no-reboot </dev/null | tr -d '\r' | tee "$work/console" ||
    echo "qemu failed, or the guest did not end within $limit_sec seconds" >&2
grep -q '^guest: exit code 0$' "$work/console"

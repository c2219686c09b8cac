# Runs one command as a container engine would: a root of its own, read-only and without a shell.
#   container.sh PREFIX PYTHON PACKAGES SITE PART COMMAND...
set -e
prefix=$1 python=$2 packages=$3 site=$4 part=$5
shift 5
root=$site/root

show() { # FROM TO: read-only
  mkdir -p "$root/$2"
  mount --bind "$1" "$root/$2"
  mount -o remount,bind,ro "$root/$2"
}

mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$root"
for folder in usr/lib usr/local/lib lib lib64 etc/ssl; do
  test -d "/$folder" && show "/$folder" "$folder"
done
show "$prefix" opt/verzuim-exchange
show "$python" opt/python
show "$packages" opt/requirements
show "$site/etc" etc/verzuim-exchange
show "$site/etc/secrets/$part" run/secrets
mkdir -p "$root/tmp" "$root/proc" "$root/dev" "$root/var/lib/verzuim-exchange" \
  "$root/run/verzuim-exchange/edge"
mount -t tmpfs -o mode=1777,noexec,nosuid,nodev tmpfs "$root/tmp"
mount -t proc proc "$root/proc"
for device in null urandom; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mount --bind "$site/state" "$root/var/lib/verzuim-exchange"
mount --bind "$site/edge" "$root/run/verzuim-exchange/edge"
mount -o remount,ro "$root"
exec setpriv --no-new-privs --inh-caps=-all --bounding-set=-all,+sys_chroot,+setuid,+setgid \
  chroot --userspec=10001:10001 --groups= "$root" "$@"

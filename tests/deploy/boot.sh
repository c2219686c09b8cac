# Boots a real systemd that knows our units only, in namespaces of its own; see machine.py.
#   boot.sh STAGE PREFIX PYTHON REQUIREMENTS
set -e
stage=$1 prefix=$2 python=$3 requirements=$4
groups=/sys/fs/cgroup
name=vx-$$

for tree in systemd unified .; do # this process moves to a group of its own, and can be its root
  test -e "$groups/$tree/cgroup.procs" || continue
  mkdir -p "$groups/$tree/$name"
  echo $$ >"$groups/$tree/$name/cgroup.procs"
done

exec unshare --kill-child=KILL --fork --pid --mount --uts --ipc --cgroup sh -ec '
  stage=$1 prefix=$2 python=$3 requirements=$4
  mount --make-rslave / && mount --make-rshared /
  mount -t proc proc /proc
  version=2
  test -d /sys/fs/cgroup/systemd && version=1
  umount -R /sys/fs/cgroup
  if test $version = 1; then
    mount -t tmpfs tmpfs /sys/fs/cgroup
    mkdir /sys/fs/cgroup/systemd /sys/fs/cgroup/unified
    mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
    mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
  else
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
  fi
  mount -t tmpfs -o mode=755 tmpfs /run && mkdir /run/lock
  mount -t tmpfs -o mode=755 tmpfs /opt
  mkdir /opt/verzuim-exchange /opt/python /opt/requirements
  mount --bind "$prefix" /opt/verzuim-exchange
  mount --bind "$python" /opt/python
  mount --bind "$requirements" /opt/requirements
  mount -t tmpfs -o mode=755 tmpfs /var/lib
  mount --bind "$stage/etc" /etc
  mount --bind "$stage/boot.log" /dev/console
  export container=vx SYSTEMD_UNIT_PATH=/etc/systemd/system
  exec /lib/systemd/systemd --system --unit=machine.target --log-target=console --show-status=no
' boot "$@"

#!/bin/sh
# Installs Debian packages where that may be done: as root, with apt-get. None of their services is
# started when the machine starts, nor now, unless a policy-rc.d of the machine's own allows it. Ends
# with 1 where they aren't installed afterwards.
set -e
[ $# -gt 0 ] || exit 0
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || exit 1
echo "Installing $* (apt-get)"

policy=/usr/sbin/policy-rc.d # asked before a service is started; 101 forbids it
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  trap 'exit 1' INT TERM
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod +x $policy
fi

export DEBIAN_FRONTEND=noninteractive
wait='-o DPkg::Lock::Timeout=120' # a new machine installs its updates by itself
apt-get update -qq $wait </dev/null >/dev/null 2>&1 || true # an older list may do
failed=0
for package; do # one that isn't to be had doesn't keep the others away
  if said=$(apt-get install -y -qq $wait --no-install-recommends "$package" </dev/null 2>&1); then
    update-rc.d "$package" disable >/dev/null 2>&1 || true # for systemd, too
  else
    echo "$package wasn't installed: $(echo "$said" | grep '^E: ' | head -n 1)" >&2
    failed=1
  fi
done
exit $failed

#!/bin/sh
# Installs Debian packages where that may be done: as root, with apt-get. None of their services is
# started, now or when the machine starts. Ends with 1 where they aren't installed afterwards.
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
apt-get update -qq </dev/null || true # an older list may do
failed=0
for package; do # one that isn't to be had doesn't keep the others away
  apt-get install -y -qq --no-install-recommends "$package" </dev/null >/dev/null || failed=1
  systemctl disable -q "$package" 2>/dev/null || true
done
exit $failed

#!/bin/sh
# Installs the Debian packages whose programs are missing.
#   packages.sh PROGRAM=PACKAGE …     e.g. packages.sh redis-server=redis-server chromium=chromium
# The services of the packages are not started: this project starts what it needs itself.
set -eu
missing=
for pair in "$@"; do
  command -v "${pair%%=*}" >/dev/null 2>&1 || missing="$missing ${pair#*=}"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "Please install:$missing" >&2
  exit 1
fi
root=
[ "$(id -u)" = 0 ] || root=sudo
echo "Installing:$missing"
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' | $root tee $policy >/dev/null
  $root chmod 755 $policy
  trap '$root rm -f $policy' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
$root apt-get update -qq
# shellcheck disable=SC2086 # one word for each package
$root apt-get install -y -qq --no-install-recommends $missing >/dev/null

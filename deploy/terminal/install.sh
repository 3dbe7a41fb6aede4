#!/bin/sh
# Makes a Debian machine an unattended terminal. It may be run again: to update, or to change what is given.
#   install.sh [--url URL] [--display2-url URL] [--ca FILE]
#   install.sh --uninstall
# --url            page of the first screen, https://SERVER/terminal#… at first
# --display2-url   page of the hall display on a second screen; '' for one screen
# --ca             root certificate of the server (tls: local), from https://SERVER/ca.crt
set -eu

user=diemcau-terminal
home=/var/lib/diemcau-terminal
conf=/etc/diemcau-terminal.conf
authority=/etc/diemcau-terminal-ca.crt
share=/usr/local/share/diemcau-terminal
program=/usr/local/bin/diemcau-terminal
units='diemcau-terminal.service diemcau-terminal-x11.service'
here=$(cd "$(dirname "$0")" && pwd)

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

# systemd CALL…: where systemd runs; in an image that is being prepared the units start with the machine.
systemd() {
  if [ -d /run/systemd/system ]; then
    systemctl "$@"
  fi
}

uninstall() {
  for unit in $units; do
    systemd disable --now "$unit" 2>/dev/null || :
    rm -f "/etc/systemd/system/$unit" "/etc/systemd/system/multi-user.target.wants/$unit"
  done
  systemd daemon-reload
  rm -f "$program" "$conf" "$authority" /etc/pam.d/diemcau-terminal
  rm -f /etc/chromium/policies/managed/diemcau-terminal.json /etc/opt/chrome/policies/managed/diemcau-terminal.json
  rm -rf "$share"
  if id "$user" >/dev/null 2>&1; then
    systemd stop "user@$(id -u "$user").service" 2>/dev/null || :
    userdel "$user"
  fi
  rm -rf "$home"
  echo "Removed, with the links and what the browser kept. Debian's packages stay: apt-get autoremove them yourself."
}

# put KEY VALUE copies a configuration with the value of one key replaced; the value may hold anything.
put() {
  KEY=$1 VALUE=$2 awk '
    $0 ~ "^[[:space:]]*" ENVIRON["KEY"] "[[:space:]]*=" { if (!done++) print ENVIRON["KEY"] "=" ENVIRON["VALUE"]; next }
    { print }
    END { if (!done) print ENVIRON["KEY"] "=" ENVIRON["VALUE"] }'
}

remove=no new_url='' new_display='' display_given=no ca=''
while [ $# -gt 0 ]; do
  case $1 in
    --uninstall) remove=yes ;;
    --url | --display2-url | --ca)
      [ $# -ge 2 ] || fail "$1 needs a value"
      case $1 in
        --url) new_url=$2 ;;
        --display2-url) new_display=$2 display_given=yes ;;
        --ca) ca=$2 ;;
      esac
      shift
      ;;
    -h | --help)
      sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
      exit 0
      ;;
    *) fail "unknown: $1; --help lists what there is" ;;
  esac
  shift
done

[ "$(id -u)" = 0 ] || fail "run it as root: sudo $0 …"
if [ $remove = yes ]; then
  uninstall
  exit 0
fi
command -v apt-get >/dev/null || fail "this is not Debian or Ubuntu: apt-get is missing"
for file in diemcau-terminal.sh diemcau-terminal.conf diemcau-terminal.pam policy.json wait.html $units; do
  [ -r "$here/$file" ] || fail "$here/$file is missing; copy the whole folder"
done
if [ -n "$ca" ]; then
  grep -q -e '-----BEGIN CERTIFICATE-----' "$ca" 2>/dev/null || fail "$ca is not a certificate in PEM form"
fi

# The configuration first, since everything else depends on it. One that is wrong does not replace the old one.
old=$conf
if [ ! -e "$conf" ]; then
  [ -n "$new_url" ] || fail "--url is needed the first time: the link of the invitation, with /terminal#… for /join#…"
  old=$here/diemcau-terminal.conf
fi
umask 077
work=$(mktemp)
trap 'rm -f "$work" "$work.new"' EXIT
cat "$old" >"$work"
if [ -n "$new_url" ]; then
  put URL "$new_url" <"$work" >"$work.new"
  cat "$work.new" >"$work"
fi
if [ $display_given = yes ]; then
  put DISPLAY2_URL "$new_display" <"$work" >"$work.new"
  cat "$work.new" >"$work"
fi
DIEMCAU_TERMINAL_CONF=$work "$here/diemcau-terminal.sh" check
cat "$work" >"$conf"
umask 022
[ -z "$ca" ] || install -m 644 "$ca" "$authority"

setting() {
  sed -n "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*//p" "$conf" | tail -n 1 | tr -d "\r\"' "
}
unit=diemcau-terminal.service other=diemcau-terminal-x11.service
if [ -n "$(setting DISPLAY2_URL)" ] || [ "$(setting X11)" = yes ]; then
  unit=diemcau-terminal-x11.service other=diemcau-terminal.service
fi

packages='fonts-liberation libgl1-mesa-dri libpam-systemd dbus dbus-user-session pipewire-pulse wireplumber rtkit'
if [ $unit = diemcau-terminal.service ]; then
  packages="$packages cage xwayland" # Debian 12's cage does not start without xwayland
else
  packages="$packages xserver-xorg-core xserver-xorg-input-libinput xinit x11-xserver-utils xdotool"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq || echo "install.sh: apt-get update failed; going on with the lists that are there" >&2
if ! command -v google-chrome-stable >/dev/null; then
  # Ubuntu has Chromium as a snap only, which runs only inside a user's session.
  apt-cache policy chromium | grep -q 'Candidate: [0-9]' ||
    fail "this system has no package chromium (Ubuntu has only a snap). Use Debian, or install google-chrome-stable as a .deb first"
  packages="chromium chromium-l10n chromium-sandbox $packages"
fi
# shellcheck disable=SC2086 # one word for each package
apt-get install -y -qq --no-install-recommends $packages >/dev/null || fail "the packages could not be installed:$(printf ' %s' $packages)"

getent group render >/dev/null || groupadd --system render
if ! id "$user" >/dev/null 2>&1; then
  useradd --system --user-group --home-dir "$home" --shell /usr/sbin/nologin --comment "Diem Cau terminal" "$user"
fi
usermod --append --groups video,audio,render,input "$user"
install -d -m 700 -o "$user" -g "$user" "$home"
chown "root:$user" "$conf"
chmod 640 "$conf"

install -d "$share"
install -m 644 "$here/policy.json" "$here/wait.html" "$share"
install -m 755 "$here/diemcau-terminal.sh" "$program"
install -m 644 "$here/diemcau-terminal.pam" /etc/pam.d/diemcau-terminal
for file in $units; do
  install -m 644 "$here/$file" /etc/systemd/system/
done
"$program" policy

systemctl disable "$other" 2>/dev/null || :
systemctl enable "$unit"
systemd daemon-reload
if systemd is-enabled --quiet display-manager.service 2>/dev/null && [ -d /run/systemd/system ]; then
  echo "install.sh: a desktop is installed and would hold the screen; turn it off: systemctl disable --now display-manager.service" >&2
fi
systemd restart "$unit"
echo "$unit is on. What it says: journalctl -u $unit"

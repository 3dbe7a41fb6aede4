#!/bin/sh
# Shows the pages of an unattended terminal in Chromium. What it shows is named in /etc/diemcau-terminal.conf.
#   diemcau-terminal check               say what is wrong with that file
#   diemcau-terminal policy              write Chromium's policy for the server named there; needs root
#   diemcau-terminal window 1|2 [FLAG…]  the page of one screen, until Chromium ends
#   diemcau-terminal x11                 the pages of both screens of an X server, each again whenever it ends
set -eu

conf=${DIEMCAU_TERMINAL_CONF:-/etc/diemcau-terminal.conf}
share=/usr/local/share/diemcau-terminal
authority=/etc/diemcau-terminal-ca.crt

fail() {
  echo "diemcau-terminal: $*" >&2
  exit 1
}

# setting KEY: its value in the configuration, whatever editor wrote it.
setting() {
  sed -n "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*//p" "$conf" | tail -n 1 | tr -d "\r\"'" | sed 's/[[:space:]]*$//'
}

# origin URL: scheme, host and port; nothing when it is not an address of a server.
origin() {
  printf '%s\n' "$1" | sed -nE 's/^(https?:\/\/(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(:[0-9]+)?)([/?#].*)?$/\1/p'
}

# browser: the program. A snap runs only inside a user's session, which a terminal does not have.
browser() {
  for name in chromium google-chrome-stable; do
    found=$(command -v "$name") || continue
    [ "$(readlink -f "$found")" = /usr/bin/snap ] || {
      echo "$found"
      return
    }
  done
  fail "neither Debian's chromium nor google-chrome-stable is installed (a snap does not do)"
}

check() {
  [ -r "$conf" ] || fail "$conf is missing, or may not be read by $(id -un)"
  url=$(setting URL)
  display=$(setting DISPLAY2_URL)
  server=$(origin "$url")
  [ -n "$server" ] || fail "URL must be an address such as https://hop.minhgiang.example/terminal, not: $url"
  case $server in
    https://* | http://127.0.0.1 | http://127.0.0.1:* | http://localhost | http://localhost:*) ;;
    *) fail "URL must begin with https://: browsers give no camera to other pages" ;;
  esac
  [ -z "$display" ] || [ "$(origin "$display")" = "$server" ] || fail "DISPLAY2_URL must be on the same server as URL, $server"
}

# policy writes the policy that Chromium obeys: camera and microphone for this server and no other, nothing else to be opened.
policy() {
  check
  program=$(browser)
  case $program in
    *google-chrome*) directory=/etc/opt/chrome/policies/managed ;;
    *) directory=/etc/chromium/policies/managed ;;
  esac
  trusted=
  if [ -e "$authority" ]; then
    trusted=$(awk '
      /-----BEGIN CERTIFICATE-----/ { inside = 1; text = ""; next }
      /-----END CERTIFICATE-----/ { if (inside) printf "%s\"%s\"", count++ ? ", " : "", text; inside = 0; next }
      inside { gsub(/[[:space:]]/, ""); text = text $0 }' "$authority")
    [ -n "$trusted" ] || fail "$authority holds no certificate in PEM form"
  fi
  mkdir -p "$directory"
  sed -e "s|https://hop\.minhgiang\.example|$server|g" -e "s|\"CACertificates\": \[\]|\"CACertificates\": [$trusted]|" \
    "$share/policy.json" >"$directory/diemcau-terminal.json.new"
  chmod 644 "$directory/diemcau-terminal.json.new"
  mv "$directory/diemcau-terminal.json.new" "$directory/diemcau-terminal.json"
}

# alive PROFILE: whether a page of this profile has a process.
alive() {
  grep -lsF -e --type=renderer /proc/[0-9]*/cmdline | xargs -r grep -lsF -e "--user-data-dir=$1" |
    xargs -r grep -LsF -e --top-chrome-webui | grep -q .
}

# watch PID PROFILE ends Chromium when the process of its page has died: it would show “Aw, Snap!” until somebody comes.
watch() {
  seen=no gone=0
  while sleep 3 && kill -0 "$1" 2>/dev/null; do
    if alive "$2"; then
      seen=yes gone=0
    elif [ $seen = yes ] && [ $((gone += 1)) = 3 ]; then
      echo "diemcau-terminal: the page's process has died; Chromium is started again" >&2
      kill "$1"
    fi
  done
}

window() {
  screen=${1:?window 1 or window 2}
  shift
  check
  [ "$screen" = 1 ] || url=$display
  [ -n "$url" ] || fail "DISPLAY2_URL is empty"
  program=$(browser)
  profile=${HOME:?}/screen$screen
  mkdir -p "$profile"
  rm -f "$profile"/Singleton* # of a Chromium that was cut off; it would ask whether to go on
  watch $$ "$profile" &
  # shellcheck disable=SC2046 # FLAGS holds one word for each flag
  exec "$program" --kiosk --user-data-dir="$profile" --password-store=basic --no-first-run --no-default-browser-check --noerrdialogs \
    --hide-crash-restore-bubble --disable-session-crashed-bubble --disable-infobars --disable-background-networking \
    --disable-component-update --autoplay-policy=no-user-gesture-required --disable-backgrounding-occluded-windows \
    --disable-renderer-backgrounding --disable-pinch --overscroll-history-navigation=0 \
    --disable-features=SpareRendererForSitePerProcess "$@" $(setting FLAGS) "file://$share/wait.html#$url"
}

# connected: the names of the outputs with a screen.
connected() {
  xrandr --query | sed -nE 's/^([^ ]+) connected( .*)?$/\1/p'
}

# fill SCREEN WIDTH HEIGHT POSITION. One line higher than the screen: Chromium takes a line off a window that is just as large.
fill() {
  "$0" window "$1" --ozone-platform=x11 --window-position="$4" --window-size="$2,$(($3 + 1))"
}

# again SCREEN OUTPUT PLACEMENT… runs a window, and after it the next. An output without a screen is waited for.
again() {
  screen=$1 output=$2
  shift 2
  while :; do
    xrandr --output "$output" --auto "$@" || :
    at=$(xrandr --query | sed -nE "s/^$output connected (primary )?([0-9]+)x([0-9]+)\+([0-9]+)\+([0-9]+) .*/\2 \3 \4,\5/p")
    if [ -n "$at" ]; then
      # shellcheck disable=SC2086 # width, height, position
      fill "$screen" $at || :
    fi
    sleep 2
  done
}

# other OUTPUT waits for the first output with a screen that is not this one.
other() {
  until connected | grep -vxF -e "$1" | grep -m 1 .; do
    sleep 2
  done
}

# keys keeps the remote control with the first screen: without a window manager it goes to the window that came last.
keys() {
  while sleep 3; do
    id=$(xdotool search --onlyvisible --classname '/screen1[)]' 2>/dev/null | sed -n 1p)
    if [ -n "$id" ] && [ "$(xdotool getwindowfocus)" != "$id" ]; then
      xdotool windowfocus "$id" || :
    fi
  done
}

x11() {
  check
  xset s off s noblank -dpms || :
  first=$(setting SCREEN1)
  second=$(setting SCREEN2)
  [ -n "$first" ] || first=$(other "$second")
  if [ -n "$display" ]; then
    {
      [ -n "$second" ] || second=$(other "$first")
      again 2 "$second" --right-of "$first"
    } &
    keys 2>/dev/null &
  fi
  again 1 "$first" --primary --pos 0x0
}

case ${1-} in
  check | policy | x11) "$1" ;;
  window)
    shift
    window "$@"
    ;;
  *) fail "check, policy, window 1|2 or x11" ;;
esac

#!/usr/bin/env bash
# Runs the specs under the Ruby of another Debian suite, in a chroot below tmp/matrix: script/matrix.sh [rspec's own].
# DELTALAKE_MATRIX_SUITE picks the suite: trixie (the default: Ruby 3.3, Sidekiq 7, Rails 7.2), forky (Sidekiq 8), or
# experimental, which has the newest Ruby (3.4) and none of the other gems for it: script/matrix.sh spec/native spec/convert
set -euo pipefail
cd "$(dirname "$0")/.."

suite="${DELTALAKE_MATRIX_SUITE:-trixie}"
root="$PWD/tmp/matrix/$suite"
[ "$(id -u)" -eq 0 ] || { echo "The matrix needs root: it makes a chroot." >&2; exit 1; }
command -v mmdebstrap >/dev/null || apt-get -qq install -y --no-install-recommends mmdebstrap >/dev/null

# The mirror that this machine uses, if it is a Debian.
mirror="$(apt-get indextargets --format '$(REPO_URI)' 'Component: main' | grep -E '/debian/?$' | head -n 1 || true)"
mirror="${mirror:-http://deb.debian.org/debian}"

# The last two lines are for the specs of Sidekiq, Rails, Redis and PostgreSQL.
packages=(
  ca-certificates ruby ruby-dev ruby-rspec rake rubocop libclang-dev clang gcc make pkg-config python3-venv
  ruby-activerecord ruby-sqlite3 ruby-sidekiq ruby-redis ruby-pg ruby-railties ruby-activejob
  redis-server postgresql
)

sources=("$suite" "$root" "$mirror")
if [ "$suite" = experimental ]; then
  packages=(
    ca-certificates ruby3.4 ruby3.4-dev ruby-rspec rake rubocop libclang-dev clang gcc libc6-dev make pkg-config python3-venv
  )
  sources=(sid "$root" "deb $mirror sid main" "deb $mirror experimental main")
fi

if [ "$(cat "$root/.complete" 2>/dev/null)" != "${packages[*]}" ]; then
  rm -rf "$root"
  mkdir -p "$root"
  mmdebstrap --quiet --variant=apt --aptopt='Acquire::Check-Valid-Until "false"' \
    --include="$(IFS=,; echo "${packages[*]}")" \
    "${sources[@]}"
  # Its `ruby` is the Ruby of sid.
  [ "$suite" != experimental ] || ln -sf ruby3.4 "$root/usr/bin/ruby"
  echo "${packages[*]}" >"$root/.complete"
fi
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"

# A copy, so that the checkout's own library stays the one of the host's Ruby.
rm -rf "$root/src"
mkdir -p "$root/src" "$root/target" "$root$HOME/.cargo" "$root$HOME/.rustup"
tar --exclude=./target --exclude=./tmp --exclude=./.git --exclude='*.so' -cf - . | tar -xf - -C "$root/src"

# In a mount namespace of its own: nothing stays mounted, whatever happens.
exec unshare --mount bash -euo pipefail -c '
  root="$1"; shift
  mount --bind "$HOME/.cargo" "$root$HOME/.cargo"
  mount --bind "$HOME/.rustup" "$root$HOME/.rustup"
  mount -t proc proc "$root/proc"
  mount --bind /dev "$root/dev"
  # The bind leaves behind what is mounted below /dev, and terminals are.
  mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 devpts "$root/dev/pts"
  exec chroot "$root" env -i HOME="$HOME" PATH="$HOME/.cargo/bin:/usr/sbin:/usr/bin:/sbin:/bin" LANG=C.UTF-8 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt CARGO_HTTP_CAINFO=/etc/ssl/certs/ca-certificates.crt \
    CARGO_TARGET_DIR=/target bash -c "cd /src && ruby -v && exec bin/test spec \"\$@\"" - "$@"
' - "$root" "$@"

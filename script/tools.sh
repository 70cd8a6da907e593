# Sourced by the commands in bin/: finds or installs what building and testing need.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
mkdir -p tmp
[ -d "$HOME/.cargo/bin" ] && PATH="$PATH:$HOME/.cargo/bin"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
# Gems that Debian does not have end up here, and only here.
export BUNDLE_PATH="${BUNDLE_PATH:-$PWD/tmp/bundle}"

have() { command -v "$1" >/dev/null 2>&1; }
say() { printf '== %s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif have sudo; then sudo "$@"
  else die "Run this as root (there is no sudo here): $*"
  fi
}

# A Ruby tool from PATH, else from the bundle.
ruby_tool() {
  if have "$1"; then "$@"; else bundle exec "$@"; fi
}

# Where there is no Ruby to ask yet, it counts as missing: apt leaves alone what is there.
libclang_here() {
  have ruby && ruby -r./ext/deltalake/extconf/libclang -e 'exit Extconf::Libclang.new.found?'
}

ruby_headers_here() {
  ruby -rrbconfig -e 'exit File.exist?(File.join(RbConfig::CONFIG["rubyhdrdir"], "ruby.h"))'
}

# Debian's names of what is missing, one a line.
missing_packages() {
  have cc || printf '%s\n' gcc libc6-dev
  have make || echo make
  have mount || echo mount
  have pkg-config || echo pkg-config
  libclang_here || printf '%s\n' clang libclang-dev
  [ -e /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
  python3 -c 'import ensurepip, venv' 2>/dev/null || printf '%s\n' python3 python3-venv
  if ! have ruby; then
    printf '%s\n' ruby ruby-dev ruby-rspec rake rubocop ruby-activerecord ruby-sqlite3
  elif dpkg -S "$(readlink -f "$(command -v ruby)")" >/dev/null 2>&1; then
    ruby_headers_here || echo ruby-dev
    have rspec || echo ruby-rspec
    have rake || echo rake
    have rubocop || echo rubocop
    # For the specs with a database alone: without them those are skipped.
    ruby -e 'require "active_record"; require "sqlite3"' 2>/dev/null || printf '%s\n' ruby-activerecord ruby-sqlite3
  fi
}

install_packages() {
  local packages
  mapfile -t packages < <(missing_packages)
  [ ${#packages[@]} -gt 0 ] || return 0
  have apt-get || die "Please install what these Debian packages hold: ${packages[*]}"
  say "Installing ${packages[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update ||
    say "The package lists could not all be refreshed; going on with what is there"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${packages[@]}" >tmp/apt.log 2>&1 ||
    { tail -n 20 tmp/apt.log >&2; die "apt-get could not install ${packages[*]}"; }
}

# What the specs of Sidekiq, Rails, Redis and PostgreSQL take besides: they are skipped, with a message, where it is not to be had.
missing_services() {
  have redis-server || echo redis-server
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || have initdb || printf '%s\n' postgresql
  dpkg -S "$(readlink -f "$(command -v ruby)")" >/dev/null 2>&1 || return 0
  ruby -e 'require "sidekiq"' 2>/dev/null || echo ruby-sidekiq
  ruby -e 'require "redis"' 2>/dev/null || echo ruby-redis
  ruby -e 'require "pg"' 2>/dev/null || echo ruby-pg
  ruby -e 'require "rails"; require "active_job"' 2>/dev/null || printf '%s\n' ruby-railties ruby-activejob
}

# The suite starts servers of its own: the packages' do not run (RUNLEVEL=1 is how invoke-rc.d is told).
install_services() {
  local packages
  mapfile -t packages < <(missing_services)
  [ ${#packages[@]} -gt 0 ] && have apt-get || return 0
  say "Installing ${packages[*]} for the specs"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update || true
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get -qq install -y --no-install-recommends "${packages[@]}" >tmp/apt-services.log 2>&1 ||
    say "apt-get could not install them (tmp/apt-services.log): specs that need them are skipped"
}

# For a Ruby that is not Debian's: its test tools come as gems.
install_gems() {
  if have rspec && have rake && have rubocop; then return 0; fi
  have bundle || die "This Ruby has no rspec, rake and rubocop, and no bundler to install them with."
  say "Installing rspec, rake and rubocop with bundler into tmp/bundle"
  bundle install --quiet
}

require_rust() {
  have cargo || die "Rust is missing: install it from https://rustup.rs and run this again."
  have rustup || return 0
  cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
  cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
}

ensure_tools() {
  require_rust
  install_packages
  ruby -e 'exit RUBY_VERSION >= "3.1"' || die "deltalake needs Ruby 3.1 or later; this is $(ruby -v)."
  install_gems
}

#!/usr/bin/env bash
# Installs and starts the real engines that the tests need and that have no address yet: PostgreSQL and a Docker Engine,
# on their own ports with their own data under .engines/. `start` writes their addresses to .engines/env; `stop` ends what
# `start` began. Runs as root on Debian. An engine whose address is given (POSTGRES_URL, DOCKER_HOST) is left alone.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
home=$root/.engines
postgres_port=${DEPARROW_POSTGRES_PORT:-55439}
log() { echo "engines: $*" >&2; }

install_missing() {
  local missing=()
  [ -n "${POSTGRES_URL:-}" ] || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
  if [ -z "${DOCKER_HOST:-}" ]; then
    command -v dockerd >/dev/null || missing+=(docker.io)
    [ -x /bin/busybox ] || [ -x /usr/bin/busybox ] || missing+=(busybox-static)
  fi
  [ ${#missing[@]} -eq 0 ] && return
  log "installing ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/tmp "$@"; }

start_postgres() {
  if [ -n "${POSTGRES_URL:-}" ]; then echo "export POSTGRES_URL='$POSTGRES_URL'" >>"$home/env"; return; fi
  local bin data=/var/lib/deparrow-engines/postgres-$postgres_port
  bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
  if [ ! -f "$data/PG_VERSION" ]; then
    install -d -m 755 /var/lib/deparrow-engines
    install -d -m 700 -o postgres -g postgres "$data"
    as_postgres "$bin/initdb" -D "$data" -A trust -U deparrow -E UTF8 --locale=C >/dev/null
  fi
  echo "$data" >"$home/postgres.data"
  if ! as_postgres "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1; then
    as_postgres "$bin/pg_ctl" -D "$data" -w -t 60 -l "$data/log" \
      -o "-p $postgres_port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$data" start >/dev/null
  fi
  echo "export POSTGRES_URL='postgres://deparrow@127.0.0.1:$postgres_port/postgres'" >>"$home/env"
  log "PostgreSQL $("$bin/postgres" --version | awk '{print $3}') listens on 127.0.0.1:$postgres_port"
}

start_docker() {
  if [ -n "${DOCKER_HOST:-}" ]; then echo "export DOCKER_HOST='$DOCKER_HOST'" >>"$home/env"; else
    local run=/run/deparrow-engines socket=/run/deparrow-engines/docker.sock
    mkdir -p "$run"
    if ! docker -H "unix://$socket" version >/dev/null 2>&1; then
      dockerd --host "unix://$socket" --data-root "$home/docker" --exec-root "$run/exec" --pidfile "$run/docker.pid" \
        --iptables=false --ip6tables=false --bridge=none ${DEPARROW_DOCKERD_OPTIONS:-} >"$home/dockerd.log" 2>&1 </dev/null &
      echo $! >"$home/dockerd.pid"
      for _ in $(seq 1 120); do
        docker -H "unix://$socket" version >/dev/null 2>&1 && break
        kill -0 "$(cat "$home/dockerd.pid")" 2>/dev/null || { tail -20 "$home/dockerd.log" >&2; log 'dockerd ended at once'; exit 1; }
        sleep 0.5
      done
    fi
    export DOCKER_HOST=unix://$socket
    echo "export DOCKER_HOST='$DOCKER_HOST'" >>"$home/env"
  fi
  docker image inspect deparrow-test >/dev/null 2>&1 || make_image
  echo "export DEPARROW_TEST_IMAGE='deparrow-test'" >>"$home/env"
  log "Docker Engine $(docker version --format '{{.Server.Version}}') answers at $DOCKER_HOST"
}

# No image can be pulled in CI: one is made of a static busybox.
make_image() {
  local tree busybox
  tree=$(mktemp -d)
  busybox=$(command -v busybox)
  mkdir -p "$tree/bin" "$tree/tmp"
  cp "$busybox" "$tree/bin/busybox"
  for applet in $("$busybox" --list); do [ -e "$tree/bin/$applet" ] || ln -s busybox "$tree/bin/$applet"; done
  tar -C "$tree" -c . | docker import --change 'ENV PATH=/bin' - deparrow-test >/dev/null
  rm -rf "$tree"
}

stop_all() {
  if [ -f "$home/dockerd.pid" ]; then
    kill "$(cat "$home/dockerd.pid")" 2>/dev/null || true
    rm -f "$home/dockerd.pid"
  fi
  if [ -f "$home/postgres.data" ]; then
    as_postgres "$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)/pg_ctl" -D "$(cat "$home/postgres.data")" -m fast stop >/dev/null || true
    rm -f "$home/postgres.data"
  fi
}

case "${1:-start}" in
  start)
    mkdir -p "$home"
    : >"$home/env"
    install_missing
    start_postgres
    start_docker
    log "addresses are in .engines/env"
    ;;
  stop) stop_all ;;
  *) log 'usage: engines.sh start|stop'; exit 2 ;;
esac

#!/usr/bin/env bash
# Installs and starts the real engines that the tests need and that have no address yet: PostgreSQL, Kafka and a Docker
# Engine, on their own ports with their own data under .engines/. `start` writes their addresses to .engines/env; `stop` ends
# what `start` began. `start postgres kafka` starts those alone. Runs as root on Debian. An engine whose address is given
# (POSTGRES_URL, KAFKA_BROKERS, DOCKER_HOST) is left alone.
#
# DEPARROW_ENGINES_HOME names another folder, which is then all that they write to: with ports of its own a test starts engines beside
# the others, which it may kill and start again. The folder must be open to the user postgres.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
home=${DEPARROW_ENGINES_HOME:-$root/.engines}
engines=(postgres kafka docker)
postgres_port=${DEPARROW_POSTGRES_PORT:-55439}
kafka_port=${DEPARROW_KAFKA_PORT:-55492}
kafka_version=4.1.1
kafka_logging=(-Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Dorg.slf4j.simpleLogger.showDateTime=true
  "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS")
addresses=$home/env.new
log() { echo "engines: $*" >&2; }

is_wanted() { [[ " ${engines[*]} " = *" $1 "* ]]; }

install_missing() {
  local missing=()
  ! is_wanted postgres || [ -n "${POSTGRES_URL:-}" ] || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
  if is_wanted docker && [ -z "${DOCKER_HOST:-}" ]; then
    command -v dockerd >/dev/null || missing+=(docker.io)
    [ -x /bin/busybox ] || [ -x /usr/bin/busybox ] || missing+=(busybox-static)
  fi
  if is_wanted kafka && [ -z "${KAFKA_BROKERS:-}" ]; then
    command -v java >/dev/null || missing+=(openjdk-17-jre-headless)
    command -v mvn >/dev/null || [ -d "$root/.engines/kafka/libs-$kafka_version" ] || missing+=(maven)
  fi
  [ ${#missing[@]} -eq 0 ] && return
  log "installing ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/tmp "$@"; }

start_postgres() {
  if [ -n "${POSTGRES_URL:-}" ]; then echo "export POSTGRES_URL='$POSTGRES_URL'" >>"$addresses"; return; fi
  local bin data=${DEPARROW_ENGINES_HOME:-/var/lib/deparrow-engines}/postgres-$postgres_port
  bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
  if [ ! -f "$data/PG_VERSION" ]; then
    install -d -m 755 "$(dirname "$data")"
    install -d -m 700 -o postgres -g postgres "$data"
    as_postgres "$bin/initdb" -D "$data" -A trust -U deparrow -E UTF8 --locale=C >/dev/null
  fi
  echo "$data" >"$home/postgres.data"
  if ! as_postgres "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1; then
    as_postgres "$bin/pg_ctl" -D "$data" -w -t 60 -l "$data/log" \
      -o "-p $postgres_port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$data" start >/dev/null
  fi
  echo "export POSTGRES_URL='postgres://deparrow@127.0.0.1:$postgres_port/postgres'" >>"$addresses"
  log "PostgreSQL $("$bin/postgres" --version | awk '{print $3}') listens on 127.0.0.1:$postgres_port"
}

# One node that is broker and controller, without replicas: what a test or a benchmark needs, not what an operator should run.
start_kafka() {
  if [ -n "${KAFKA_BROKERS:-}" ]; then echo "export KAFKA_BROKERS='$KAFKA_BROKERS'" >>"$addresses"; return; fi
  local folder=$home/kafka libs=$root/.engines/kafka/libs-$kafka_version
  mkdir -p "$folder"
  [ -d "$libs" ] || fetch_kafka "$root/.engines/kafka" "$libs"
  if ! kafka_answers; then
    configure_kafka "$folder"
    [ -f "$folder/data/meta.properties" ] || java "${kafka_logging[@]}" -cp "$libs/*" kafka.tools.StorageTool format --ignore-formatted \
      --config "$folder/server.properties" --cluster-id "$(head -c 16 /dev/urandom | base64 | tr '+/' 'Aa' | tr -d =)" >/dev/null
    java -Xms512m -Xmx512m "${kafka_logging[@]}" -cp "$libs/*" kafka.Kafka "$folder/server.properties" >"$folder/log" 2>&1 </dev/null &
    echo $! >"$home/kafka.pid"
    for _ in $(seq 1 120); do
      kafka_answers && break
      kill -0 "$(cat "$home/kafka.pid")" 2>/dev/null || { tail -20 "$folder/log" >&2; log 'Kafka ended at once'; exit 1; }
      sleep 0.5
    done
    kafka_answers || { tail -20 "$folder/log" >&2; log 'Kafka does not answer'; exit 1; }
  fi
  echo "export KAFKA_BROKERS='127.0.0.1:$kafka_port'" >>"$addresses"
  log "Kafka $kafka_version listens on 127.0.0.1:$kafka_port"
}

# The broker with what it needs at run time, and a logger that writes to standard error.
fetch_kafka() {
  local folder=$1 libs=$2
  mkdir -p "$folder"
  cat >"$folder/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>deparrow.engines</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$kafka_version</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
POM
  log "fetching Kafka $kafka_version"
  rm -rf "$libs.part"
  mvn -q -B -Dstyle.color=never -f "$folder/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$libs.part" >&2
  mv "$libs.part" "$libs"
}

# The timeouts are how long a broker that was killed keeps the next one waiting.
configure_kafka() {
  cat >"$1/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:$kafka_port,CONTROLLER://127.0.0.1:$((kafka_port + 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$kafka_port
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:$((kafka_port + 1))
controller.quorum.election.timeout.ms=300
controller.quorum.fetch.timeout.ms=600
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
log.dirs=$1/data
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
num.io.threads=4
num.network.threads=2
PROPERTIES
}

# Whether a broker answers an ApiVersions request (version 0, correlation id 1, no client id) with the same correlation id.
kafka_answers() {
  # shellcheck disable=SC2016
  [ "$(timeout 5 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && printf "\0\0\0\12\0\22\0\0\0\0\0\1\377\377" >&3 && head -c 8 <&3 | tail -c 4' \
    _ "$kafka_port" 2>/dev/null | od -An -tx1 | tr -d ' \n')" = 00000001 ]
}

start_docker() {
  if [ -n "${DOCKER_HOST:-}" ]; then echo "export DOCKER_HOST='$DOCKER_HOST'" >>"$addresses"; else
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
    echo "export DOCKER_HOST='$DOCKER_HOST'" >>"$addresses"
  fi
  docker image inspect deparrow-test >/dev/null 2>&1 || make_image
  echo "export DEPARROW_TEST_IMAGE='deparrow-test'" >>"$addresses"
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
  stop_kafka
  if [ -f "$home/dockerd.pid" ]; then
    kill "$(cat "$home/dockerd.pid")" 2>/dev/null || true
    rm -f "$home/dockerd.pid"
  fi
  if [ -f "$home/postgres.data" ]; then
    as_postgres "$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)/pg_ctl" -D "$(cat "$home/postgres.data")" -m fast stop >/dev/null || true
    rm -f "$home/postgres.data"
  fi
}

stop_kafka() {
  local pid
  [ -f "$home/kafka.pid" ] || return 0
  pid=$(cat "$home/kafka.pid")
  rm -f "$home/kafka.pid"
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q ' kafka.Kafka ' || return 0
  kill "$pid" 2>/dev/null || true
  for _ in $(seq 1 60); do kill -0 "$pid" 2>/dev/null || return 0; sleep 0.5; done
  kill -9 "$pid" 2>/dev/null || true
}

command=${1:-start}
[ $# -le 1 ] || engines=("${@:2}")
case "$command" in
  start)
    mkdir -p "$home"
    : >"$addresses"
    install_missing
    for engine in "${engines[@]}"; do
      case "$engine" in
        postgres | kafka | docker) "start_$engine" ;;
        *) log "there is no engine $engine"; exit 2 ;;
      esac
    done
    mv "$addresses" "$home/env"
    log "addresses are in $home/env"
    ;;
  stop) stop_all ;;
  *) log 'usage: engines.sh start [postgres] [kafka] [docker] | stop'; exit 2 ;;
esac

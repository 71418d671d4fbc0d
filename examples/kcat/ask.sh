#!/bin/sh
# Asks about one image with kcat, and prints the answer: see examples/README.md.
set -eu
image=$1
brokers=${KAFKA:-127.0.0.1:9092}
prefix=${LETHE_PREFIX:-lethe.}
id="kcat/$(date +%s)-$$"

kcat -P -b "$brokers" -t "${prefix}queries" -k "$id" \
  -H ce_specversion=1.0 -H ce_type=lethe.query -H ce_source=examples/kcat -H "ce_id=$id" \
  -H content-type=image/webp "$image"
tries=0
# The loop checks the result of grep: the status of a pipeline is that of its last program.
until answer=$(
  kcat -C -q -e -o beginning -b "$brokers" -X isolation.level=read_committed -t "${prefix}predictions" -f '%k %s\n' |
    grep -F "$id "
); do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { echo "no answer to $id" >&2; exit 1; }
  sleep 1
done
echo "${answer#* }"

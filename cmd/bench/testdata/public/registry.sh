#!/bin/sh
# Three blobs in one repository, as the registry keeps them, and the registry, whose program is the argument.
here=$(dirname "$0")
export REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY="$SQLITE_PATH.$INSTANCE"
top=$REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY/docker/registry/v2
for blob in one two three; do
  sum=$(printf 'layer %s\n' $blob | sha256sum | cut -d' ' -f1)
  data=$top/blobs/sha256/$(echo "$sum" | cut -c1-2)/$sum
  link=$top/repositories/shop/_layers/sha256/$sum
  mkdir -p "$data" "$link"
  printf 'layer %s\n' $blob >"$data/data"
  printf 'sha256:%s' "$sum" >"$link/link"
done
exec "$1" serve "$here/registry.yml"

#!/bin/sh
# Makes .env from .env.example and fills every empty secret with a fresh random value. Needs nothing but a POSIX shell.
# Another file to write, counted from the repository's root, may be named as the first argument.
set -eu
cd "$(dirname "$0")/.."
target=${1:-.env}

if [ -e "$target" ]; then
    echo "$target exists already and is left as it is. Move it away first if you want new secrets: what the old ones encrypted can't be read with new ones." >&2
    exit 1
fi

# 32 random bytes in URL-safe base64 is what a Fernet key is.
fernet_key() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n'; }
# $1 random bytes, two letters or digits each; Airflow signs with SHA-512, which asks for 64 of them.
letters() { head -c "$1" /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

umask 077
while IFS= read -r line || [ -n "$line" ]; do
    case $line in
        *FERNET_KEY=|*FERNET_KEYS=) printf '%s%s\n' "$line" "$(fernet_key)" ;;
        \#*) printf '%s\n' "$line" ;;
        *_PASSWORD=) printf '%s%s\n' "$line" "$(letters 16)" ;;
        *=) printf '%s%s\n' "$line" "$(letters 32)" ;;
        *) printf '%s\n' "$line" ;;
    esac
done < .env.example > "$target.part"
mv "$target.part" "$target"
echo "Wrote $target. Next: docker compose up --build --detach"

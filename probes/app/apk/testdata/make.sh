#!/bin/sh
# Makes the APKs of this folder anew, with new keys, and signers.tsv: what apksigner says of each (see README.md).
#
#	APKSIGNER='java -jar /path/to/apksigner.jar' ./make.sh    where the one in PATH is older than build-tools 33
set -eu

cd "$(dirname "$0")"
apksigner=${APKSIGNER:-apksigner}
keys=$(mktemp -d) # thrown away: nobody can sign these apps again
trap 'rm -rf "$keys"' EXIT

if ! $apksigner sign --help | grep -q -- --rotation-min-sdk-version; then
	echo 'make.sh: this apksigner knows no scheme v3.1: it takes build-tools 33 or newer (Debian 13 has it)' >&2
	exit 1
fi

# key NAME ALGORITHM makes NAME.pk8 and the certificate NAME.pem that it signs itself.
key() {
	case $2 in
	ec) openssl ecparam -name prime256v1 -genkey -noout ;;
	rsa) openssl genrsa 2048 ;;
	dsa) openssl dsaparam -genkey -noout 1024 ;;
	esac 2>/dev/null | openssl pkcs8 -topk8 -nocrypt -outform DER -out "$keys/$1.pk8"
	openssl req -new -x509 -key "$keys/$1.pk8" -keyform DER -sha256 -subj "/CN=$1" -days 10000 -out "$keys/$1.pem"
}

# signer NAME is how apksigner is told of a key.
signer() { echo "--key $keys/$1.pk8 --cert $keys/$1.pem"; }

# add NAME FILE... puts files into an APK, a new one where it is not there yet, and does not sign it.
add() {
	archive=$PWD/$1.apk
	shift
	(cd "$keys/app" && zip -q -X "$archive" "$@")
}

# sign NAME SCHEMES ARGUMENTS... signs an app with those schemes and no others.
sign() {
	name=$1 schemes=$2
	shift 2
	for scheme in 1 2 3; do
		case $schemes in
		*$scheme*) set -- --v$scheme-signing-enabled true "$@" ;;
		*) set -- --v$scheme-signing-enabled false "$@" ;;
		esac
	done
	[ -e "$name.apk" ] || add "$name" AndroidManifest.xml
	$apksigner sign --v4-signing-enabled false "$@" "$name.apk"
}

key old ec
key new ec
key newest ec
key rsa rsa
key dsa dsa
mkdir "$keys/app"
printf 'no app, but signed like one\n' >"$keys/app/AndroidManifest.xml"
# A certificate issued by an authority: both have the serial number 1, as home-made ones often do.
openssl req -new -x509 -newkey rsa:2048 -nodes -keyout "$keys/ca.key" -subj /CN=authority -set_serial 1 -days 10000 \
	-out "$keys/ca.pem" 2>/dev/null
openssl req -new -key "$keys/rsa.pk8" -keyform DER -subj /CN=issued -out "$keys/issued.csr"
openssl x509 -req -in "$keys/issued.csr" -CA "$keys/ca.pem" -CAkey "$keys/ca.key" -set_serial 1 -days 10000 \
	-out "$keys/issued.pem" 2>/dev/null
cat "$keys/issued.pem" "$keys/ca.pem" >"$keys/chain.pem"
cp "$keys/rsa.pk8" "$keys/chain.pk8"
touch -d '2020-01-01 00:00:00' "$keys"/app/*

rm -f ./*.apk
# shellcheck disable=SC2046 # the words of signer are words
{
	sign v1-rsa 1 --min-sdk-version 18 $(signer rsa)
	sign v1-ec 1 --min-sdk-version 18 $(signer old)
	sign v1-dsa 1 --min-sdk-version 21 $(signer dsa)
	sign v1-two 1 --min-sdk-version 18 $(signer old) --next-signer $(signer new)
	sign v1-chain 1 --min-sdk-version 18 $(signer chain)
	sign v2 2 --min-sdk-version 24 $(signer old)
	sign v2-two 2 --min-sdk-version 24 $(signer old) --next-signer $(signer new)
	sign v2-chain 2 --min-sdk-version 24 $(signer chain)
	sign v3 3 --min-sdk-version 28 $(signer old)
	sign v1-v2-v3 123 --min-sdk-version 18 $(signer old)

	$apksigner rotate --out "$keys/once" --old-signer $(signer old) --new-signer $(signer new)
	$apksigner rotate --in "$keys/once" --out "$keys/twice" --old-signer $(signer new) --new-signer $(signer newest)
	sign rotated-28 123 --min-sdk-version 18 --rotation-min-sdk-version 28 --lineage "$keys/once" \
		$(signer old) --next-signer $(signer new)
	sign rotated-33 123 --min-sdk-version 18 --rotation-min-sdk-version 33 --lineage "$keys/once" \
		$(signer old) --next-signer $(signer new)
	sign rotated-twice 123 --min-sdk-version 18 --rotation-min-sdk-version 28 --lineage "$keys/twice" \
		$(signer old) --next-signer $(signer newest)
	sign rotated-steps 23 --min-sdk-version 24 $(signer old) \
		--next-signer --signer-for-min-sdk-version 33 --signer-lineage "$keys/once" $(signer new) \
		--next-signer --signer-for-min-sdk-version 35 --signer-lineage "$keys/twice" $(signer newest)
	sign rotated-preview 3 --min-sdk-version 28 --rotation-min-sdk-version 34 --rotation-targets-dev-release \
		--lineage "$keys/once" $(signer old) --next-signer $(signer new)
}

# zipalign writes the archive anew, and what is no part of it is gone: the signing block.
zipalign -f 4 v1-v2-v3.apk stripped.apk

# A comment at the end, as shops add them to know where a download came from.
add comment AndroidManifest.xml
printf 'channel=shop-%0200d' 7 | zip -q -z comment.apk
# shellcheck disable=SC2046
sign comment 12 --min-sdk-version 18 $(signer old)

# The Java tools of old: another file name, everything compressed.
add jarsigner AndroidManifest.xml
keytool -genkeypair -keystore "$keys/store" -storepass password -alias old -keyalg RSA -keysize 2048 -dname CN=keytool \
	-validity 10000 >/dev/null 2>&1
jarsigner -keystore "$keys/store" -storepass password -sigfile shop jarsigner.apk old >/dev/null

# Lengths that are told only at the end (BER), as signing tools built on other libraries than Android's may write them.
cp v1-rsa.apk ber.apk
mkdir "$keys/app/META-INF"
unzip -q -p ber.apk META-INF/RSA.SF >"$keys/app/META-INF/RSA.SF"
openssl cms -sign -binary -noattr -stream -outform DER -md sha256 -signer "$keys/rsa.pem" -inkey "$keys/rsa.pk8" \
	-keyform DER -in "$keys/app/META-INF/RSA.SF" -out "$keys/app/META-INF/RSA.RSA"
add ber META-INF/RSA.RSA

# A library's signature left behind: its files are not those of the app, and Android passes over it.
cp v1-ec.apk leftover.apk
printf 'Signature-Version: 1.0\r\n\r\nName: org/example/Library.class\r\nSHA-256-Digest: AAAA\r\n\r\n' >"$keys/app/META-INF/LIBRARY.SF"
openssl cms -sign -binary -noattr -outform DER -md sha256 -signer "$keys/rsa.pem" -inkey "$keys/rsa.pk8" -keyform DER \
	-in "$keys/app/META-INF/LIBRARY.SF" -out "$keys/app/META-INF/LIBRARY.RSA"
add leftover META-INF/LIBRARY.SF META-INF/LIBRARY.RSA

# What apksigner says, by Android's API level. Where it refuses an app, there is no line.
for file in *.apk; do
	lineage=$($apksigner lineage --in "$file" --print-certs 2>/dev/null | sed -n 's/.*certificate SHA-256 digest: //p')
	for sdk in 19 23 24 27 28 32 33 35; do
		$apksigner verify --min-sdk-version "$sdk" --max-sdk-version "$sdk" -v --print-certs "$file" 2>/dev/null |
			awk -v apk="${file%.apk}" -v sdk="$sdk" -v lineage="$lineage" '
				BEGIN { OFS = "\t" }
				$1 == "Verifies" { ok = 1 }
				/^Verified using v(1|2|3|3\.1) scheme.*: true/ { scheme = $3 }
				!/certificate SHA-256 digest: / { next }
				# Where signers are for some levels only, "Signer (minSdkVersion=33, maxSdkVersion=34) ..." says which.
				match($0, /minSdkVersion=[0-9]+/) {
					lowest = substr($0, RSTART + 14, RLENGTH - 14) + 0
					match($0, /maxSdkVersion=[0-9]+/)
					if (sdk < lowest || sdk > substr($0, RSTART + 14, RLENGTH - 14) + 0) next
					if (/dev release=true/ && sdk == lowest) { # for previews; a release takes the v3 signer
						scheme = "v3"
						next
					}
				}
				{ current = current (current ? "," : "") $NF }
				END {
					n = scheme ~ /^v3/ ? split(lineage, proven, "\n") : 0
					for (i = 1; i <= n && proven[i] != current; i++) past = past (past ? "," : "") proven[i]
					if (ok) print apk, sdk, scheme, current, past ? past : "-"
				}'
	done
done >signers.tsv

#!/bin/sh
# SPDX-License-Identifier: ISC
# contrib/packages and contrib/debian: what one of them needs for a build the other needs too, and the package has the
# version of the program.
set -eu

srcdir=${srcdir:-.}
packages=$srcdir/contrib/packages
debian=$srcdir/contrib/debian
failed=0

complain() {
	echo "$1"
	failed=1
}

# autoconf, automake, the compiler and make come with debhelper and build-essential.
implied='autoconf|automake|make|gcc|libc6-dev'
wanted=$(awk '{ sub(/#.*/, "") } $1 == "build:" { for (i = 2; i <= NF; i++) print $i }' "$packages" | grep -vxE "$implied")
# Those without a build profile; tests have one.
stated=$(sed -n '/^Build-Depends:/,/^$/s/^ \([a-z0-9.+-]*\),\{0,1\}$/\1/p' "$debian/control")
for package in $wanted; do
	echo "$stated" | grep -qx "$package" || complain "contrib/packages builds with $package, contrib/debian/control without"
done
for package in $stated; do
	echo "$wanted" | grep -qx "$package" || complain "contrib/debian/control builds with $package, contrib/packages without"
done
# The README builds the package on a bare system: build and deb are all that is installed there.
there=$(awk '{ sub(/#.*/, "") } $1 == "deb:" { for (i = 2; i <= NF; i++) print $i }' "$packages")
tested=$(sed -n '/^Build-Depends:/,/^$/s/^ \([a-z0-9.+-]*\) <!nocheck>,\{0,1\}$/\1/p' "$debian/control")
for package in $tested; do
	echo "$there" | grep -qx "$package" || complain "contrib/debian/control tests with $package, the purpose deb of contrib/packages is without"
done
grep -q 'install-packages build deb && contrib/build-deb' "$srcdir/README" || complain "README builds the package without build and deb"

program=$(sed -n 's/^AC_INIT(\[doorward\], \[\(.*\)\])$/\1/p' "$srcdir/configure.ac")
package=$(sed -n '1s/^doorward (\(.*\)) .*/\1/p' "$debian/changelog")
[ "$program" = "$package" ] || complain "configure.ac has version $program, contrib/debian/changelog $package"
exit $failed

# SPDX-License-Identifier: ISC
"""Databases of where addresses are, as MaxMind makes them, of documentation addresses only. Cities: cities(path); networks: systems(path)."""

import json
import pathlib
import subprocess

from .check import Failed, Skip

# Of each city a mobile operator's network, and somebody else's: 64496 to 64511 are for documentation (RFC 5398).
MUNICH, MUNICH_CELL, MUNICH_OTHER = "192.0.2.1", "192.0.2.17", "192.0.2.33"
HAMBURG_CELL, HAMBURG = "192.0.2.65", "192.0.2.81"
SALZBURG, SYDNEY = "198.51.100.1", "203.0.113.1"
NOWHERE = "203.0.113.129"  # in no database
MUNICH6, SYDNEY6 = "2001:db8:1::1", "2001:db8:2::1"

CITIES = {
    "192.0.2.0/26": ("DE", 48.14, 11.58), "192.0.2.64/26": ("DE", 53.55, 9.99), "198.51.100.0/25": ("AT", 47.80, 13.05),
    "203.0.113.0/25": ("AU", -33.87, 151.21), "2001:db8:1::/48": ("DE", 48.14, 11.58), "2001:db8:2::/48": ("AU", -33.87, 151.21),
}
SYSTEMS = {
    "192.0.2.0/28": 64496, "192.0.2.16/28": 64497, "192.0.2.32/28": 64498, "192.0.2.64/28": 64497, "192.0.2.80/28": 64499,
    "198.51.100.0/25": 64500, "203.0.113.0/25": 64501, "2001:db8:1::/48": 64496, "2001:db8:2::/48": 64501,
}

WRITER = """
use strict; use warnings; use JSON::PP; use MaxMind::DB::Writer::Tree;
my ($path, $type) = @ARGV;
my %types = (country => 'map', iso_code => 'utf8_string', location => 'map', latitude => 'double', longitude => 'double',
    autonomous_system_number => 'uint32', autonomous_system_organization => 'utf8_string');
my $tree = MaxMind::DB::Writer::Tree->new(ip_version => 6, record_size => 24, database_type => $type, languages => ['en'],
    description => { en => 'documentation addresses' }, map_key_type_callback => sub { $types{$_[0]} }, remove_reserved_networks => 0);
my $networks = decode_json(do { local $/; <STDIN> });
$tree->insert_network($_, $networks->{$_}) for sort keys %$networks;
open my $out, '>', $path or die $!;
$tree->write_tree($out);
close $out or die $!;
"""


def _write(path, kind, networks):
    """Beside it first, then in its place: as it should be replaced."""
    try:
        subprocess.run(["perl", "-MMaxMind::DB::Writer::Tree", "-MJSON::PP", "-e1"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        raise Skip("libmaxmind-db-writer-perl is not installed") from None
    new = pathlib.Path(f"{path}.new")
    done = subprocess.run(["perl", "-e", WRITER, str(new), kind], input=json.dumps(networks), text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60)
    if done.returncode != 0:
        raise Failed(f"the database could not be written: {done.stdout}")
    new.rename(path)


def cities(path, coordinates=True, **changes):
    """changes: networks whose row is another one, or None."""
    rows = {net: row for net, row in {**CITIES, **changes}.items() if row is not None}
    _write(path, "Test-City", {net: {"country": {"iso_code": country},
                                     **({"location": {"latitude": north, "longitude": east}} if coordinates else {})}
                               for net, (country, north, east) in rows.items()})


def systems(path):
    _write(path, "Test-ASN", {net: {"autonomous_system_number": number, "autonomous_system_organization": f"AS{number}"}
                              for net, number in SYSTEMS.items()})


def coming_from(ip):
    """Variables of a request from this address."""
    return {"without": ("REMOTE_ADDR",), "extra": [("REMOTE_ADDR", ip)]}

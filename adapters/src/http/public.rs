//! Which IP addresses are public, after the special-purpose registries of RFC 6890.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is globally reachable.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => v4(address),
        IpAddr::V6(address) => v6(address),
    }
}

fn v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        // Carrier-grade NAT, IETF protocol assignments, 6to4 relays, benchmarking, reserved.
        || a == 100 && (64..128).contains(&b)
        || a == 192 && b == 0 && c == 0
        || a == 192 && b == 88 && c == 99
        || a == 198 && (18..20).contains(&b)
        || a >= 240;
    !special
}

fn v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    // Addresses that embed an IPv4 address (IPv4-mapped, NAT64, 6to4) are as public as that one.
    let embedded = match parts {
        [0, 0, 0, 0, 0, 0xffff, a, b] | [0x64, 0xff9b, 0, 0, 0, 0, a, b] | [0x2002, a, b, ..] => {
            let [[a, b], [c, d]] = [a.to_be_bytes(), b.to_be_bytes()];
            Some(Ipv4Addr::new(a, b, c, d))
        }
        _ => None,
    };
    if let Some(embedded) = embedded {
        return v4(embedded);
    }
    // Only 2000::/3 is allocated. Documentation, benchmarking and tunnel ranges within it are not public.
    let global = parts[0] & 0xe000 == 0x2000;
    let special =
        parts[0] == 0x2001 && (parts[1] == 0x0db8 || parts[1] < 0x0200) || parts[0] & 0xfff0 == 0x3ff0;
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinguishes_private_and_public_addresses() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "198.18.0.1",
            "192.0.2.1",
            "::1",
            "::",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in
            ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "2a00:1450::1"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }
}

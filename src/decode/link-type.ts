/** LINKTYPE_ values whose frames are decoded (https://www.tcpdump.org/linktypes.html). */
export const LinkType = {
  NULL: 0,
  ETHERNET: 1,
  TOKEN_RING: 6,
  PPP: 9,
  FDDI: 10,
  /** What DLT_RAW is on most systems, */
  RAW_DLT: 12,
  /** and on OpenBSD: both escaped into files. */
  RAW_DLT_OPENBSD: 14,
  PPP_HDLC: 50,
  PPP_ETHER: 51,
  ATM_RFC1483: 100,
  RAW: 101,
  C_HDLC: 104,
  IEEE802_11: 105,
  FRAME_RELAY: 107,
  LOOP: 108,
  ENC: 109,
  LINUX_SLL: 113,
  PFLOG: 117,
  IEEE802_11_PRISM: 119,
  IP_OVER_FC: 122,
  SUNATM: 123,
  IEEE802_11_RADIOTAP: 127,
  ARCNET_LINUX: 129,
  APPLE_IP_OVER_IEEE1394: 138,
  IEEE802_11_AVS: 163,
  PPP_PPPD: 166,
  JUNIPER_ETHERNET: 178,
  PPI: 192,
  ERF: 197,
  PPP_WITH_DIR: 204,
  IPV4: 228,
  IPV6: 229,
  NFLOG: 239,
  IPOIB: 242,
  PKTAP: 258,
  LINUX_SLL2: 276,
} as const;

const DECODED: ReadonlyMap<number, string> = new Map([
  [LinkType.NULL, 'NULL/Loopback'],
  [LinkType.ETHERNET, 'Ethernet'],
  [LinkType.TOKEN_RING, 'Token Ring'],
  [LinkType.PPP, 'PPP'],
  [LinkType.FDDI, 'FDDI with bit-swapped MAC addresses'],
  [LinkType.RAW_DLT, 'Raw IP'],
  [LinkType.RAW_DLT_OPENBSD, 'Raw IP'],
  [LinkType.PPP_HDLC, 'PPP'],
  [LinkType.PPP_ETHER, 'PPP-over-Ethernet session'],
  [LinkType.ATM_RFC1483, 'RFC 1483 ATM'],
  [LinkType.RAW, 'Raw IP'],
  [LinkType.C_HDLC, 'Cisco HDLC'],
  [LinkType.IEEE802_11, 'IEEE 802.11 Wireless LAN'],
  [LinkType.FRAME_RELAY, 'Frame Relay'],
  [LinkType.LOOP, 'OpenBSD loopback'],
  [LinkType.ENC, 'OpenBSD enc(4) encapsulating interface'],
  [LinkType.LINUX_SLL, 'Linux cooked-mode capture v1'],
  [LinkType.PFLOG, 'OpenBSD PF Firewall logs'],
  [LinkType.IEEE802_11_PRISM, 'IEEE 802.11 plus Prism II monitor mode radio header'],
  [LinkType.IP_OVER_FC, 'RFC 2625 IP-over-Fibre Channel'],
  [LinkType.SUNATM, 'ATM PDUs'],
  [LinkType.IEEE802_11_RADIOTAP, 'IEEE 802.11 plus radiotap radio header'],
  [LinkType.ARCNET_LINUX, 'Linux ARCNET'],
  [LinkType.APPLE_IP_OVER_IEEE1394, 'Apple IP-over-IEEE 1394'],
  [LinkType.IEEE802_11_AVS, 'IEEE 802.11 plus AVS radio header'],
  [LinkType.PPP_PPPD, 'PPP with Directional Info'],
  [LinkType.JUNIPER_ETHERNET, 'Juniper Ethernet'],
  [LinkType.PPI, 'Per-Packet Information header'],
  [LinkType.ERF, 'Extensible Record Format'],
  [LinkType.PPP_WITH_DIR, 'PPP with Directional Info'],
  [LinkType.IPV4, 'Raw IPv4'],
  [LinkType.IPV6, 'Raw IPv6'],
  [LinkType.NFLOG, 'NFLOG'],
  [LinkType.IPOIB, 'IP over IB'],
  [LinkType.PKTAP, 'Apple PKTAP'],
  [LinkType.LINUX_SLL2, 'Linux cooked-mode capture v2'],
]);

const NOT_DECODED: ReadonlyMap<number, string> = new Map([
  [187, 'Bluetooth H4'],
  [189, 'USB packets with Linux header'],
  [195, 'IEEE 802.15.4 Wireless PAN'],
  [201, 'Bluetooth H4 with linux header'],
  [220, 'USB packets with Linux header and padding'],
  [249, 'USB packets with USBPcap header'],
  [252, 'Wireshark Upper PDU export'],
  [253, 'Linux Netlink'],
]);

/** Wireshark's word for a LINKTYPE_ value, or `link type N` where it is not a common one. */
export function linkTypeName(linkType: number): string {
  return DECODED.get(linkType) ?? NOT_DECODED.get(linkType) ?? `link type ${linkType}`;
}

/** Whether frames of this LINKTYPE_ value are decoded. */
export function isSupportedLinkType(linkType: number): boolean {
  return DECODED.has(linkType);
}

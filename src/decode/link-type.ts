/** LINKTYPE_ values whose frames are decoded (https://www.tcpdump.org/linktypes.html). */
export const LinkType = {
  NULL: 0,
  ETHERNET: 1,
  PPP: 9,
  /** What DLT_RAW is on most systems, */
  RAW_DLT: 12,
  /** and on OpenBSD: both escaped into files. */
  RAW_DLT_OPENBSD: 14,
  PPP_HDLC: 50,
  PPP_ETHER: 51,
  RAW: 101,
  C_HDLC: 104,
  LOOP: 108,
  LINUX_SLL: 113,
  PPP_WITH_DIR: 204,
  IPV4: 228,
  IPV6: 229,
  LINUX_SLL2: 276,
} as const;

const DECODED: ReadonlyMap<number, string> = new Map([
  [LinkType.NULL, 'NULL/Loopback'],
  [LinkType.ETHERNET, 'Ethernet'],
  [LinkType.PPP, 'PPP'],
  [LinkType.RAW_DLT, 'Raw IP'],
  [LinkType.RAW_DLT_OPENBSD, 'Raw IP'],
  [LinkType.PPP_HDLC, 'PPP'],
  [LinkType.PPP_ETHER, 'PPP-over-Ethernet session'],
  [LinkType.RAW, 'Raw IP'],
  [LinkType.C_HDLC, 'Cisco HDLC'],
  [LinkType.LOOP, 'OpenBSD loopback'],
  [LinkType.LINUX_SLL, 'Linux cooked-mode capture v1'],
  [LinkType.PPP_WITH_DIR, 'PPP with Directional Info'],
  [LinkType.IPV4, 'Raw IPv4'],
  [LinkType.IPV6, 'Raw IPv6'],
  [LinkType.LINUX_SLL2, 'Linux cooked-mode capture v2'],
]);

const NOT_DECODED: ReadonlyMap<number, string> = new Map([
  [6, 'Token Ring'],
  [10, 'FDDI with bit-swapped MAC addresses'],
  [105, 'IEEE 802.11 Wireless LAN'],
  [107, 'Frame Relay'],
  [117, 'OpenBSD PF Firewall logs'],
  [119, 'IEEE 802.11 plus Prism II monitor mode radio header'],
  [122, 'RFC 2625 IP-over-Fibre Channel'],
  [127, 'IEEE 802.11 plus radiotap radio header'],
  [129, 'Linux ARCNET'],
  [163, 'IEEE 802.11 plus AVS radio header'],
  [187, 'Bluetooth H4'],
  [189, 'USB packets with Linux header'],
  [192, 'Per-Packet Information header'],
  [195, 'IEEE 802.15.4 Wireless PAN'],
  [201, 'Bluetooth H4 with linux header'],
  [220, 'USB packets with Linux header and padding'],
  [239, 'NFLOG'],
  [242, 'IP over IB'],
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

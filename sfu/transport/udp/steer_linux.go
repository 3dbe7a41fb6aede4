package udp

import (
	"golang.org/x/sys/unix"
)

// program is a filter of the kernel's that gives the number of the socket, of those that share an address, which a packet comes to. It sees
// the payload, and the IP header at netOffset. Where it would look beyond the packet, it ends and gives 0.
type program = []unix.SockFilter

const netOffset = 1<<32 - 0x100000 // SKF_NET_OFF of linux/filter.h

// reportsTo begins a program: what a client only reports comes to the socket. By the first eight bytes of its header, which SRTCP leaves as
// they are (RFC 3711, section 3.4), that is a transport-wide report, or a receiver's report with nothing behind it. What asks for packets or
// for key frames goes on, as all else does: it must not wait.
func reportsTo(socket int) program {
	const (
		receiverReport = 201 // RR (RFC 3550, section 12.1)
		feedback       = 205 // RTPFB (RFC 4585, section 6.1)
		anyPadding     = 0xdf
		transportWide  = 2<<6 | 15 // the version and FMT (draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1)
		header         = 4         // bytes that the length in a header, in words, does not count
		trailer        = 20        // bytes that SRTCP adds at most: fewer than those that a further packet and it add at least
	)
	return program{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 1},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: receiverReport, Jt: 4},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: feedback, Jf: 10},
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 0},
		{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: anyPadding},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: transportWide, Jt: 6, Jf: 7},
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, K: 2},
		{Code: unix.BPF_ALU | unix.BPF_LSH | unix.BPF_K, K: 2},
		{Code: unix.BPF_ALU | unix.BPF_ADD | unix.BPF_K, K: header + trailer},
		{Code: unix.BPF_MISC | unix.BPF_TAX},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_LEN},
		{Code: unix.BPF_JMP | unix.BPF_JGT | unix.BPF_X, Jt: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: uint32(socket)},
	}
}

// always ends a program: all comes to one socket.
func always(socket int) program {
	return program{{Code: unix.BPF_RET | unix.BPF_K, K: uint32(socket)}}
}

// byClient ends a program: the port that a packet comes from chooses among the first n sockets.
func byClient(n int) program {
	const fixedIPv6 = 40 // bytes of the header, without extensions
	return program{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: netOffset},
		{Code: unix.BPF_ALU | unix.BPF_RSH | unix.BPF_K, K: 4},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: 6, Jt: 3},
		{Code: unix.BPF_LDX | unix.BPF_B | unix.BPF_MSH, K: netOffset}, // the length of an IPv4 header
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_IND, K: netOffset},
		{Code: unix.BPF_JMP | unix.BPF_JA, K: 1},
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, K: netOffset + fixedIPv6},
		{Code: unix.BPF_ALU | unix.BPF_MOD | unix.BPF_K, K: uint32(n)},
		{Code: unix.BPF_RET | unix.BPF_A},
	}
}

// steer gives the sockets that share an address a program (SO_ATTACH_REUSEPORT_CBPF, socket(7)).
func (k *kernel) steer(p program) (failed error) {
	if err := k.raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF, &unix.SockFprog{Len: uint16(len(p)), Filter: &p[0]})
	}); err != nil {
		return err
	}
	return failed
}

package udp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Packets that leave as one message come as one, which is split again into what was sent.
func TestAMessageIsSplitIntoItsPackets(t *testing.T) {
	for name, sizes := range map[string][]int{
		"equal":             {1000, 1000, 1000, 1000, 1000, 1000},
		"the last smaller":  {1000, 1000, 1000, 1},
		"two":               {700, 300},
		"the smallest":      {1, 1, 1},
		"as many as can be": append(slices.Repeat([]int{1200}, trainSegments-1), 500),
		"several messages":  {1000, 1000, 300, 1200, 1200, 1200, 20, 600, 600},
	} {
		t.Run(name, func(t *testing.T) {
			conn := bind(t, "udp4", "127.0.0.1:0")
			s, sender := New(conn), New(bind(t, "udp4", "127.0.0.1:0"))
			hung := watch(t, s)
			queue, to := NewQueue(sender), sender.NewDestination(Path{Remote: addressOf(conn)})
			var want, got [][]byte
			for i, size := range sizes {
				want = append(want, bytes.Repeat([]byte{byte(i)}, size))
			}
			queued(queue, to, 1, want...)
			queue.Flush()
			messages := 0
			for len(got) < len(want) && !hung() {
				must(t, s.Wait(time.Hour, func(p []byte, from Path) {
					if from.Remote != sender.LocalAddr() {
						t.Errorf("from %v", from)
					}
					got = append(got, bytes.Clone(p))
				}))
				messages += s.kernel.in.count
			}
			equal(t, got, want)
			t.Logf("%d packets came as %d messages", len(got), messages)
		})
	}
}

// put writes a message into an inbox, as the kernel would.
func (in *inbox) put(from netip.AddrPort, data []byte, parts ...[]byte) {
	i := in.count
	in.count++
	copy(in.buffer[i*readBytes:], data)
	in.messages[i].length = uint32(len(data))
	in.messages[i].header.SetControllen(copy(in.control[i][:], bytes.Join(parts, nil)))
	in.names[i] = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: networkOrder(from.Port()), Addr: from.Addr().As16()}
	if from.Addr().Is4() {
		*(*unix.RawSockaddrInet4)(unsafe.Pointer(&in.names[i])) = unix.RawSockaddrInet4{
			Family: unix.AF_INET, Port: networkOrder(from.Port()), Addr: from.Addr().As4(),
		}
	}
}

func joined(size int32) []byte {
	b := control(unix.SOL_UDP, unix.UDP_GRO, 4)
	binary.NativeEndian.PutUint32(b[unix.CmsgLen(0):], uint32(size))
	return b
}

func cameTo(address string) []byte {
	a := netip.MustParseAddr(address)
	if a.Is4() {
		b := control(unix.SOL_IP, unix.IP_PKTINFO, unix.SizeofInet4Pktinfo)
		copy(b[unix.CmsgLen(0)+8:], a.AsSlice())
		return b
	}
	b := control(unix.SOL_IPV6, unix.IPV6_PKTINFO, unix.SizeofInet6Pktinfo)
	copy(b[unix.CmsgLen(0):], a.AsSlice())
	return b
}

// What the kernel says beside a message is taken as udp(7), ip(7) and ipv6(7) have it; what it does not say is left open.
func TestWhatTheKernelSaysOfAMessageIsUnderstood(t *testing.T) {
	from := netip.MustParseAddrPort("192.0.2.1:1234")
	unknown := control(unix.SOL_SOCKET, unix.SCM_TIMESTAMP, 16)
	broken := control(unix.SOL_UDP, unix.UDP_GRO, 4)
	(*unix.Cmsghdr)(unsafe.Pointer(&broken[0])).SetLen(1000)
	short := control(unix.SOL_UDP, unix.UDP_GRO, 1)
	data := make([]byte, 5000)
	for i := range data {
		data[i] = byte(i % 251)
	}
	for name, c := range map[string]struct {
		from  netip.AddrPort
		size  int
		parts [][]byte
		want  []int // sizes
		step  int   // between the beginnings of packets
		local string
	}{
		"nothing said":                      {from, 100, nil, []int{100}, 0, ""},
		"equal packets":                     {from, 300, [][]byte{joined(100)}, []int{100, 100, 100}, 100, ""},
		"the last smaller":                  {from, 301, [][]byte{joined(100)}, []int{100, 100, 100, 1}, 100, ""},
		"one packet":                        {from, 100, [][]byte{joined(100)}, []int{100}, 0, ""},
		"less than a packet":                {from, 50, [][]byte{joined(100)}, []int{50}, 0, ""},
		"too large packets are cut":         {from, 4200, [][]byte{joined(2100)}, []int{MaxPacket, MaxPacket}, 2100, ""},
		"a size of nothing":                 {from, 100, [][]byte{joined(0)}, []int{100}, 0, ""},
		"a size of less":                    {from, 100, [][]byte{joined(-1)}, []int{100}, 0, ""},
		"an address":                        {from, 100, [][]byte{cameTo("192.0.2.7")}, []int{100}, 0, "192.0.2.7"},
		"a mapped address":                  {from, 100, [][]byte{cameTo("::ffff:192.0.2.7")}, []int{100}, 0, "192.0.2.7"},
		"an IPv6 address":                   {netip.MustParseAddrPort("[2001:db8::1]:1"), 100, [][]byte{cameTo("2001:db8::7")}, []int{100}, 0, "2001:db8::7"},
		"all, and something else":           {from, 200, [][]byte{unknown, cameTo("192.0.2.7"), unknown, joined(100)}, []int{100, 100}, 100, "192.0.2.7"},
		"a length beyond what is there":     {from, 200, [][]byte{cameTo("192.0.2.7"), broken}, []int{200}, 0, "192.0.2.7"},
		"less than the kind has to say":     {from, 200, [][]byte{short, cameTo("192.0.2.7")}, []int{200}, 0, "192.0.2.7"},
		"a mapped sender":                   {netip.MustParseAddrPort("[::ffff:192.0.2.1]:1234"), 5, nil, []int{5}, 0, ""},
		"nothing at all, which is a packet": {from, 0, nil, []int{0}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var in inbox
			in.buffer = make([]byte, readMessages*readBytes)
			in.put(c.from, data[:c.size], c.parts...)
			in.put(from, []byte("another"))
			var sizes []int
			must(t, in.take(func(p []byte, path Path) {
				if string(p) == "another" {
					return
				}
				at := len(sizes) * c.step
				if sizes = append(sizes, len(p)); !bytes.Equal(p, data[at:at+len(p)]) || cap(p) != len(p) {
					t.Errorf("other bytes than were sent, or room for %d more", cap(p)-len(p))
				}
				if want := (netip.AddrPortFrom(c.from.Addr().Unmap(), c.from.Port())); path.Remote != want {
					t.Errorf("from %v", path)
				}
				if c.local == "" && path.Local.IsValid() || c.local != "" && path.Local != netip.MustParseAddr(c.local) {
					t.Errorf("came to %v", path.Local)
				}
			}))
			if !slices.Equal(sizes, c.want) {
				t.Fatalf("packets of %v bytes, not %v", sizes, c.want)
			}
		})
	}
}

// Passing errors end a read, and what is worse is told.
func TestAReadTellsWhatIsWrong(t *testing.T) {
	var in inbox
	for _, err := range []error{unix.EAGAIN, unix.EINTR, unix.ECONNREFUSED} {
		in.err = err
		must(t, in.take(nobody))
	}
	in.err = unix.EBADF
	if err := in.take(nobody); !errors.Is(err, unix.EBADF) {
		t.Error(err)
	}
}

// The kernel refuses to cut where it has no checksums to make: the packets then leave one by one.
func TestAMessageThatTheKernelRefusesLeavesPacketByPacket(t *testing.T) {
	conn, sender := bind(t, "udp4", "127.0.0.1:0"), bind(t, "udp4", "127.0.0.1:0")
	s := New(sender)
	must(t, s.kernel.raw.Control(func(fd uintptr) {
		must(t, unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_NO_CHECK, 1))
	}))
	queue, to := NewQueue(s), s.NewDestination(Path{Remote: addressOf(conn)})
	refused := watchTransmit(queue.out)
	want := packets(20, 700)
	queued(queue, to, 1, want...)
	queue.Flush()
	equal(t, receive(t, conn, len(want)), want)
	if len(*refused) == 0 {
		t.Skip("it does not refuse")
	}
	if !s.kernel.segments.Load() {
		t.Errorf("%v ended the cutting of all messages", *refused)
	}
}

// Where an interface cannot cut (EIO, udp(7)), nothing is lost and no message is tried in vain again.
func TestAnInterfaceThatCannotCutIsNotAskedAgain(t *testing.T) {
	s := New(bind(t, "udp4", "127.0.0.1:0"))
	queue := NewQueue(s)
	out, real, refused := queue.out, queue.out.transmit, 0
	out.transmit = func(fd uintptr) bool {
		if out.from < out.to && out.messages[out.from].header.Controllen > 0 {
			refused++
			out.err = unix.EIO
			return true
		}
		all := out.to
		out.to = out.from + 1
		done := real(fd)
		out.to = all
		return done
	}
	for round := range 2 {
		for i := range 5 {
			conn := bind(t, "udp4", "127.0.0.1:0")
			to := s.NewDestination(Path{Remote: addressOf(conn)})
			want := packets(1+i, 700)
			queued(queue, to, 1, want...)
			queue.Flush()
			equal(t, receive(t, conn, len(want)), want)
			nothing(t, conn)
			if cut := round == 0 && i == 0; s.kernel.segments.Load() != cut {
				t.Fatalf("cut: %v", !cut)
			}
		}
	}
	if refused != 1 {
		t.Errorf("asked %d times", refused)
	}
}

// watchTransmit records what the kernel refuses.
func watchTransmit(out *outbox) *[]error {
	real, refused := out.transmit, new([]error)
	out.transmit = func(fd uintptr) bool {
		done := real(fd)
		if out.err != nil {
			*refused = append(*refused, out.err)
		}
		return done
	}
	return refused
}

// Packets that are larger than a way takes cannot be cut from a message, but each for itself can be sent in fragments.
func TestPacketsLargerThanTheWayTakesArrive(t *testing.T) {
	ownNetwork(t, 1280)
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		conn, s := bind(t, "udp", address), New(bind(t, "udp", address))
		queue, to := NewQueue(s), s.NewDestination(Path{Remote: addressOf(conn)})
		refused := watchTransmit(queue.out)
		for range 2 {
			want := append(packets(6, 1400), packets(6, 1200)...)
			queued(queue, to, 1, want...)
			queue.Flush()
			equal(t, receive(t, conn, len(want)), want)
		}
		if len(*refused) != 2 || !s.kernel.segments.Load() {
			t.Errorf("%s: %v was refused; messages are cut: %v", address, *refused, s.kernel.segments.Load())
		}
	}
}

// A port that the kernel chooses is one's own, too: it takes those of other sockets that share for free ones.
func TestAChosenPortIsNotShared(t *testing.T) {
	ownNetwork(t, 1500)
	const first, last = 40_000, 40_003
	must(t, os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", fmt.Appendf(nil, "%d %d", first, last), 0))
	chosen := map[uint16]bool{}
	for range last - first + 1 {
		port := shared(t, 2).Sockets[0].LocalAddr().Port()
		if chosen[port] {
			t.Fatalf("port %d was given twice", port)
		}
		chosen[port] = true
	}
	if _, err := Listen("127.0.0.1:0", 2); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("all ports are in use, and another is given: %v", err)
	}
}

// An address that counts on one link only says which.
func TestALinksOwnAddressKeepsItsZone(t *testing.T) {
	ownNetwork(t, 1500)
	if out, err := exec.Command("ip", "address", "add", "fe80::1/64", "dev", "lo", "nodad").CombinedOutput(); err != nil {
		t.Skipf("ip: %v: %s", err, out)
	}
	client, s := bind(t, "udp6", "[fe80::1%lo]:0"), New(bind(t, "udp6", "[::]:0"))
	hung := watch(t, s)
	asked := netip.AddrPortFrom(netip.MustParseAddr("fe80::1%lo"), s.LocalAddr().Port())
	var from Path
	for !from.Remote.IsValid() { // the kernel takes packets to a new address a while after it was added
		if _, err := client.WriteToUDPAddrPort([]byte("hello"), asked); err != nil {
			t.Fatal(err)
		}
		must(t, s.Wait(10*time.Millisecond, func(_ []byte, f Path) { from = f }))
	}
	if from.Remote != addressOf(client) || from.Local != asked.Addr().WithZone("") {
		t.Fatalf("came on %v", from)
	}
	queue := NewQueue(s)
	queued(queue, s.NewDestination(from), 1, []byte("train"), []byte("train"))
	queue.Flush()
	must(t, s.Send([]byte("single"), from))
	equal(t, receive(t, client, 3), [][]byte{[]byte("train"), []byte("train"), []byte("single")})
	if hung() {
		t.Fatal("a packet did not come")
	}
}

// ownNetwork gives the test a network of its own, whose packets have at most mtu bytes.
func ownNetwork(t *testing.T, mtu uint32) {
	t.Helper()
	runtime.LockOSThread() // and never unlocked: the thread ends with the test, and the network with the thread
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skip("a network of its own: ", err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(fd)
	loopback, err := unix.NewIfreq("lo")
	must(t, err)
	loopback.SetUint32(mtu)
	must(t, unix.IoctlIfreq(fd, unix.SIOCSIFMTU, loopback))
	loopback.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	must(t, unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, loopback))
}

package packets

// Numbers remembers which source packet went out under which sequence number of a slot, so that a retransmission can be
// made from the source's ring. It belongs to the goroutine that sends the slot.
type Numbers struct {
	entries []numberEntry
	mask    uint16
}

type numberEntry struct {
	source uint64
	offset uint32 // of the switch that the packet went out under
	out    uint16
	used   bool
}

// NewNumbers remembers the newest size packets; size is a power of two up to 2^15.
func NewNumbers(size int) *Numbers {
	return &Numbers{entries: make([]numberEntry, size), mask: uint16(size - 1)}
}

// Put remembers that the source packet with the extended number source went out as out, under the given switch.
func (n *Numbers) Put(out uint16, source uint64, under uint32) {
	n.entries[out&n.mask] = numberEntry{source: source, offset: under, out: out, used: true}
}

// Get gives what went out as out.
func (n *Numbers) Get(out uint16) (source uint64, under uint32, ok bool) {
	e := n.entries[out&n.mask]
	if !e.used || e.out != out {
		return 0, 0, false
	}
	return e.source, e.offset, true
}

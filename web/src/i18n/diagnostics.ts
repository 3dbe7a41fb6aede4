// The texts of the diagnostics, which few open: they are loaded with them.
import type { Language } from ".";

const vi = {
	title: "Chẩn đoán đường truyền",
	intro: "Số liệu hai phút gần nhất, từ khi mở bảng này.",
	connection: "Kết nối",
	estimate: "Ước lượng chiều nhận",
	received: "Đang nhận",
	sent: "Đang gửi",
	sendable: "Ước lượng chiều gửi",
	rtt: "Trễ khứ hồi",
	loss: "Mất gói",
	jitter: "Biến động trễ",
	rate: "Tốc độ",
	frames: "Khung hình",
	path: "Đường đi",
	noPath: "chưa thông",
	server: "Máy chủ thấy",
	picture: "Ô hình {{n}}",
	voice: "Ô tiếng {{n}}",
	layer: "lớp {{layer}}",
	lines: "{{height}} dòng",
	height: "Số dòng",
	frozen: "Số lần đứng hình",
	copy: "Sao chép",
	copied: "Đã sao chép. Đồng chí dán vào thư gửi trực kỹ thuật.",
	save: "Lưu tệp",
	notCopied: "Trình duyệt không cho sao chép. Đồng chí chọn Lưu tệp.",
	waiting: "Đang thu thập số liệu…",
	perSecond: "/giây",
	unknown: "chưa rõ",
};

const en: typeof vi = {
	title: "Link diagnostics",
	intro: "The last two minutes, since this was opened.",
	connection: "Connection",
	estimate: "Estimate, down",
	received: "Received",
	sent: "Sent",
	sendable: "Estimate, up",
	rtt: "Round trip",
	loss: "Loss",
	jitter: "Jitter",
	rate: "Bit rate",
	frames: "Frames",
	path: "Path",
	noPath: "none yet",
	server: "The server sees",
	picture: "Picture {{n}}",
	voice: "Voice {{n}}",
	layer: "layer {{layer}}",
	lines: "{{height}} lines",
	height: "Lines",
	frozen: "Freezes",
	copy: "Copy",
	copied: "Copied. Paste it into a message to the technician.",
	save: "Save as a file",
	notCopied: "The browser does not permit copying. Please save a file.",
	waiting: "Collecting figures…",
	perSecond: "/s",
	unknown: "not known yet",
};

export type DiagnosticsText = keyof typeof vi;

/** Gives a text of the diagnostics with values in it. */
export function diagnosticsText(language: Language): (key: DiagnosticsText, values?: Record<string, string | number>) => string {
	const texts = language === "vi" ? vi : en;
	return (key, values = {}) => texts[key].replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name] ?? ""));
}

import { useTexts } from "../../../i18n";
import { OfficePage } from "../../../ui/office/OfficePage";

export default function CalendarPages() {
	const { t } = useTexts();
	return <OfficePage title={t("calendar.title")}>{null}</OfficePage>;
}

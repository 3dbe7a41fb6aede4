import { useTexts } from "../../../i18n";
import { OfficePage } from "../../../ui/office/OfficePage";

export default function InboxPage() {
	const { t } = useTexts();
	return <OfficePage title={t("inbox.title")}>{null}</OfficePage>;
}

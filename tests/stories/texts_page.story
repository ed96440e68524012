# Μηνύματα SMS σε όποιον έκλεισε στη σελίδα χωρίς email
now      2026-11-30 09:00
platform webchat, el
accounts email sms webchat
quickly  Καλαμάτα | εεε | 4/12 | 12:30 | Μαρία Παπαδοπούλου | παράλειψη | 6912345678 | 068933130 | συμφωνώ | ναι
citizen  μη μου στέλνετε SMS
citizen  προτιμήσεις
citizen  [Πού σας γράφω]
citizen  [Εκεί όπου κλείνω κάθε φορά]
citizen  προτιμήσεις
citizen  [Πού σας γράφω]
citizen  [Όχι με SMS]
quickly  αλλαγή ώρας | 4/12 | 13:10 | ναι
citizen  γράψτε μου με SMS
quickly  ακύρωση | ναι

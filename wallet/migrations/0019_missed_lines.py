from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("wallet", "0018_posted_whole")]
    operations = [
        migrations.AddField(
            model_name="grantline",
            name="missed_at",
            field=models.DateTimeField(
                help_text="When its voucher turned out to be closed: all of it went back to the fund",
                null=True,
            ),
        ),
    ]
